"""`seedpod run` without a terminal: what it prints, and what the shell is told."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import seedpod as api
from tests.cli.shell import COMMAND, ROOT, environment, pod, seedpod, without_warning, write_pod


def test_a_run_is_told_in_lines(tmp_path: Path, backend: str) -> None:
    file = write_pod(tmp_path, pod(init="echo fetched", web="echo served"))
    ran = seedpod("run", file, "--backend", backend)
    told = [line.split(" after ")[0] for line in ran.stdout.splitlines()]
    assert told == [
        "init container fetch: started",
        "fetch | fetched",
        "init container fetch: exited 0",
        *told[3:-1],
        "pod demo: Succeeded",
    ]
    assert {"app web: started", "web | served", "app web: exited 0"} < set(told)
    assert (ran.returncode, ran.stderr) == (0, "")


def test_a_failed_pod_is_exit_code_1(tmp_path: Path) -> None:
    ran = seedpod("run", write_pod(tmp_path, pod(web="exit 3")))
    assert "app web: exited 3 (Error)" in ran.stdout
    assert "pod demo: Failed" in ran.stdout
    assert ran.returncode == 1


def test_one_failed_pod_of_several_is_exit_code_1(tmp_path: Path) -> None:
    good = write_pod(tmp_path, pod("good", web="exit 0"), "good.yaml")
    bad = write_pod(tmp_path, pod("bad", web="exit 1"), "bad.yaml")
    ran = seedpod("run", good, bad)
    assert "pod good: Succeeded" in ran.stdout
    assert ran.returncode == 1


def test_of_several_pods_each_line_names_its_own(tmp_path: Path) -> None:
    file = write_pod(tmp_path, pod("a", web="echo one") + "---\n" + pod("b", web="echo two"))
    ran = seedpod("run", file)
    assert {"a/web | one", "b/web | two", "app a/web: started"} < set(ran.stdout.splitlines())
    assert ran.returncode == 0


def test_the_output_of_containers_is_passed_on_byte_by_byte(tmp_path: Path) -> None:
    file = write_pod(tmp_path, pod(web=r"printf '\033[31m\377\n'; echo oops >&2"))
    ran = subprocess.run(
        [*COMMAND, "run", file], capture_output=True, env=environment(), check=False
    )
    assert b"web | \x1b[31m\xff\n" in ran.stdout
    assert b"web | oops\n" in ran.stdout
    assert without_warning(ran.stderr.decode()) == ""


def test_a_restart_is_announced_with_its_wait(tmp_path: Path) -> None:
    text = pod(
        web=f"test -e {tmp_path}/b || {{ test -e {tmp_path}/a && touch {tmp_path}/b;"
        f" touch {tmp_path}/a; exit 1; }}"
    )
    file = write_pod(tmp_path, text.replace("Policy: Never", "Policy: OnFailure"))
    ran = seedpod("run", file, "--backoff", "0.2:0.2", "--isolation", "none")
    told = [line for line in ran.stdout.splitlines() if line.startswith("app web")]
    assert told[1].startswith("app web: exited 1 (Error) after ")
    assert told[2] == "app web: started again (restart 1)"
    assert told[3].endswith("; starts again in 0.2 s")
    assert told[4] == "app web: started again (restart 2)"
    assert ran.returncode == 0


def test_a_container_is_given_up_that_was_restarted_too_often(tmp_path: Path) -> None:
    text = pod(web="exit 3").replace("Policy: Never", "Policy: Always")
    flags = ("--backoff", "0,0.1", "--backoff-jitter", "0.5", "--max-restarts", "2:60")
    ran = seedpod("run", write_pod(tmp_path, text), *flags)
    told = [line for line in ran.stdout.splitlines() if "web" in line]
    assert sum("started again" in line for line in told) == 2
    assert "RestartLimitExceeded: container web was restarted 2 times within 1m0s" in ran.stdout
    assert ran.returncode == 1


def test_quiet_leaves_only_what_the_containers_write(tmp_path: Path) -> None:
    ran = seedpod("run", "--quiet", write_pod(tmp_path, pod(web="echo one; echo two >&2")))
    assert (ran.stdout, ran.stderr) == ("web | one\nweb | two\n", "")


def test_standard_input_is_a_file_named_dash(tmp_path: Path) -> None:
    ran = seedpod("run", "-", stdin=pod(web="echo served"))
    assert "web | served" in ran.stdout
    assert ran.returncode == 0


def test_the_settings_of_one_file_are_there_for_the_pods_of_another(tmp_path: Path) -> None:
    settings = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: words}\ndata: {WORD: hello}\n"
    words = write_pod(tmp_path, settings, "words.yaml")
    text = pod(web="echo $WORD") + "    envFrom: [{configMapRef: {name: words}}]\n"
    ran = seedpod("run", write_pod(tmp_path, text), words)
    assert "web | hello" in ran.stdout


def test_the_result_as_json_is_alone_on_standard_output(tmp_path: Path, backend: str) -> None:
    file = write_pod(tmp_path, pod(web="echo served"))
    ran = seedpod("run", file, "-o", "json", "--backend", backend)
    final = json.loads(ran.stdout)
    assert (final["kind"], final["status"]["phase"]) == ("Pod", "Succeeded")
    assert final["status"]["containerStatuses"][0]["state"]["terminated"]["exitCode"] == 0
    assert "web | served" in ran.stderr
    assert [each.metadata.name for each in api.load(ran.stdout)] == ["demo"]


def test_the_results_of_several_pods_are_a_list(tmp_path: Path) -> None:
    file = write_pod(tmp_path, pod("a", web="true") + "---\n" + pod("b", web="true"))
    ran = seedpod("run", file, "-o", "json")
    final = json.loads(ran.stdout)
    assert final["kind"] == "List"
    assert [each["metadata"]["name"] for each in final["items"]] == ["a", "b"]


def test_the_result_as_yaml_can_be_loaded(tmp_path: Path) -> None:
    ran = seedpod("run", write_pod(tmp_path, pod(web="true")), "-o", "yaml")
    assert "phase: Succeeded" in ran.stdout
    assert [each.metadata.name for each in api.load(ran.stdout)] == ["demo"]


def test_every_event_is_a_line_of_json(tmp_path: Path) -> None:
    record = tmp_path / "events.jsonl"
    ran = seedpod("run", write_pod(tmp_path, pod(web="exit 1")), "--events", record)
    every = [json.loads(line) for line in record.read_text().splitlines()]
    assert [each["sequence"] for each in every] == list(range(len(every)))
    assert (every[0]["kind"], every[-1]["kind"]) == ("PodSubmitted", "PodFinished")
    [end] = [each for each in every if each["kind"] == "ContainerExited"]
    assert (end["container"], end["exitCode"], end["pod"]["name"]) == ("web", 1, "demo")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", end["time"])
    assert end["containerID"]
    assert ran.returncode == 1


def test_fields_without_effect_are_named_once(tmp_path: Path) -> None:
    file = write_pod(tmp_path, pod(spec="\n  nodeSelector: {disk: ssd}", web="true"))
    ran = seedpod("run", file)
    assert ran.stderr == "seedpod: pod default/demo: without effect here: spec.nodeSelector\n"
    assert ran.returncode == 0


def test_the_demo_tells_its_story_and_succeeds() -> None:
    ran = seedpod("run", "--link-mounts-under", "/tmp", ROOT / "docs" / "examples" / "demo.yaml")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "reader | Edsger reads: Dear Edsger, all is well here." in ran.stdout
    assert "counter | 3 letters in all; good night" in ran.stdout
    assert ran.stdout.endswith("pod demo: Succeeded\n")
    assert not Path("/tmp/seedpod-demo").exists()
