"""What a container runs, where, and what it says: on a real engine."""

from __future__ import annotations

from typing import Any

import pytest

import seedpod
from seedpod.status import ContainerStatus
from tests.plugins.docker.engine import Engine
from tests.plugins.docker.images import ENTRYPOINT, WORKING_DIRECTORY
from tests.plugins.docker.inside import (
    IDLE,
    Ended,
    container,
    first_line,
    ran,
    status_of,
    stopped,
    told,
)


def test_command_and_args_replace_what_the_image_runs(engine: Engine) -> None:
    image = {"image": ENTRYPOINT.reference}
    echo: dict[str, Any] = {"command": ["/bin/echo", "command"]}
    ended = ran(
        engine,
        container(name="neither", **image),
        container(name="args", args=["args"], **image),
        container(name="command", **echo, **image),
        container(name="both", args=["args"], **echo, **image),
    )
    written = {each.name: ended.lines_of(each.name) for each in ended.status.container_statuses}
    assert written == {
        "neither": ["entrypoint cmd"],
        "args": ["entrypoint args"],
        "command": ["command"],
        "both": ["command args"],
    }


def test_references_in_command_and_args_are_expanded(docker: Engine) -> None:
    env = [{"name": "WHO", "value": "you"}]
    ended = ran(docker, container(command=["echo", "$(WHO)"], args=["$$(WHO)", "$(NO)"], env=env))
    assert ended.lines == ["you $(WHO) $(NO)"]


def test_a_container_begins_where_it_says_or_else_where_its_image_does(engine: Engine) -> None:
    image = {"image": WORKING_DIRECTORY.reference}
    ended = ran(
        engine,
        container("pwd", name="image", **image),
        container("pwd", name="manifest", workingDir="/var/log", **image),
        container("pwd", name="neither"),
    )
    found = [ended.lines_of(name) for name in ("image", "manifest", "neither")]
    assert found == [["/work"], ["/var/log"], ["/"]]


def test_variables_are_added_to_those_of_the_image(engine: Engine) -> None:
    ended = ran(engine, container("env", env=[{"name": "MODE", "value": "fast  and\nloose"}]))
    assert any(each.startswith("PATH=/usr/local/sbin") for each in ended.lines)
    at = ended.lines.index("MODE=fast  and")
    assert ended.lines[at + 1] == "loose"


def test_what_is_written_has_its_stream_and_its_order(engine: Engine, backend: str) -> None:
    script = "for each in 1 2 3; do echo out $each; echo err $each >&2; done; printf last"
    ended = ran(engine, container(script), backend=backend)
    out = [each.text for each in ended.log if each.stream == "stdout"]
    err = [each.text for each in ended.log if each.stream == "stderr"]
    assert out == [b"out 1", b"out 2", b"out 3", b"last"]
    assert err == [b"err 1", b"err 2", b"err 3"]
    assert [each.is_partial for each in ended.log if each.text == b"last"] == [True]


def test_nothing_that_is_written_is_lost(engine: Engine) -> None:
    ended = ran(engine, container("seq 20000"))
    assert ended.lines == [str(each) for each in range(1, 20001)]


def test_a_terminal_has_one_stream(engine: Engine) -> None:
    ended = ran(engine, container("test -t 1 && echo terminal >&2", tty=True))
    assert [(each.stream, each.text) for each in ended.log] == [("stdout", b"terminal\r")]


def test_an_exit_code_is_what_the_container_left_with(engine: Engine) -> None:
    ended = ran(engine, container("exit 42"), container("exit 0", name="other"))
    assert (ended.end_of().exit_code, ended.end_of().reason) == (42, "Error")
    assert (ended.end_of("other").exit_code, ended.end_of("other").reason) == (0, "Completed")
    assert ended.status.phase == "Failed"


def test_a_program_that_is_not_there_is_a_start_error(engine: Engine) -> None:
    ended = ran(engine, container(command=["/no/such/program"]))
    end = ended.end_of()
    assert (end.exit_code, end.reason) == (128, "StartError")
    assert "/no/such/program" in end.message


def test_a_message_is_left_in_a_file_or_taken_from_the_log(engine: Engine) -> None:
    from_log = {"terminationMessagePolicy": "FallbackToLogsOnError"}
    ended = ran(
        engine,
        container("echo -n told >/dev/termination-log", name="file"),
        container("echo -n told >/tmp/why; exit 1", name="own", terminationMessagePath="/tmp/why"),
        container("echo the end; exit 1", name="log", **from_log),
    )
    messages = [ended.end_of(name).message for name in ("file", "own", "log")]
    assert messages == ["told", "told", "the end\n"]


def test_the_status_names_the_container_and_its_image(engine: Engine) -> None:
    async def story(running: seedpod.RunningPod) -> tuple[set[str], ContainerStatus, Ended]:
        await first_line(running)
        listed = {f"docker://{each['Id']}" for each in engine.containers()}
        return listed, status_of(running.status), await stopped(running)

    listed, running, ended = told(
        engine, story, container("trap 'exit 0' TERM; echo here; sleep 1000 & wait")
    )
    assert running.container_id in listed
    assert ended.end_of().container_id == ended.status_of().container_id == running.container_id
    assert "sha256:" in ended.status_of().image_id
    assert ended.status_of().image_id == running.image_id


def test_a_failed_container_is_another_one_when_it_runs_again(docker: Engine) -> None:
    async def story(running: seedpod.RunningPod) -> Ended:
        async with running.logs() as lines:
            seen = [await anext(aiter(lines)) for _ in range(2)]
        assert [each.attempt for each in seen] == [0, 1]
        status = running.status.container_statuses[0]
        assert status.restart_count == 1
        assert status.last_state is not None
        assert status.last_state.container_id != status.container_id
        return await stopped(running)

    again = "test -e /v/again || { touch /v/again; exit 3; }"
    script = f"trap 'exit 0' TERM; echo here; {again}; sleep 1000 & wait"
    ended = told(
        docker,
        story,
        container(script, volumeMounts=[{"name": "v", "mountPath": "/v"}]),
        restartPolicy="Always",
        volumes=[{"name": "v", "emptyDir": {}}],
    )
    assert ended.status_of().last_state is not None


@pytest.mark.parametrize("code", [0, 7])
def test_init_containers_gate_and_sidecars_run_beside(engine: Engine, code: int) -> None:
    sidecar = container(f"echo up; {IDLE}", name="sidecar", restartPolicy="Always")
    init = container(f"exit {code}", name="init")
    ended = ran(engine, container("echo app"), initContainers=[sidecar, init])
    assert ended.lines == ([] if code else ["app"])
    assert ended.status.phase == ("Failed" if code else "Succeeded")
    assert ended.end_of("sidecar").exit_code == 0
