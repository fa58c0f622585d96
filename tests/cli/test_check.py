"""`seedpod check`: the plan of a pod, for a person and for a program."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from seedpod.cli import main
from seedpod.executors.subprocess import _executor, _limits
from seedpod.executors.subprocess._cgroups import NoCgroups
from seedpod.executors.subprocess._view.bubblewrap import Bubblewrap
from tests.cli.shell import seedpod, write_pod

POD = """
apiVersion: v1
kind: Pod
metadata: {name: shop}
spec:
  nodeSelector: {disk: ssd}
  terminationGracePeriodSeconds: 12
  initContainers:
  - {name: fetch, image: x, command: ["true"], resources: {requests: {cpu: 2}}}
  - {name: proxy, image: x, command: ["true"], restartPolicy: Always}
  containers:
  - {name: web, image: x, command: ["true"], resources: {requests: {cpu: 500m, memory: 1Gi}}}
  - {name: api, image: x, command: ["true"]}
"""

PLAN = """\
pod default/shop
  starts:
    1. init container fetch  at once
    2. sidecar proxy         waits for init container fetch to succeed
    3. app web               waits for sidecar proxy to have started
    4. app api               waits for sidecar proxy to have started
  stops, within 12 s:
    1. app web        at once
    2. app api        at once
    3. sidecar proxy  waits for apps web and api to end
  requests: cpu 2, memory 1Gi
  limits:   none
  QoS:      Burstable
  without effect: spec.nodeSelector
"""


def test_the_plan_is_printed(tmp_path: Path) -> None:
    ran = seedpod("check", write_pod(tmp_path, POD))
    assert ran.stdout == PLAN
    assert (ran.returncode, ran.stderr) == (0, "")


def test_the_plan_as_json_says_the_same(tmp_path: Path) -> None:
    [plan] = json.loads(seedpod("check", write_pod(tmp_path, POD), "-o", "json").stdout)
    assert [each["container"] for each in plan["start"]] == ["fetch", "proxy", "web", "api"]
    assert [each["container"] for each in plan["stop"]] == ["web", "api", "proxy"]
    assert plan["requests"] == {"cpu": "2", "memory": "1Gi"}
    assert (plan["qosClass"], plan["terminationGracePeriodSeconds"]) == ("Burstable", 12)
    assert plan["withoutEffect"] == ["spec.nodeSelector"]


def test_what_the_executor_would_refuse_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(_limits, "found_cgroups", lambda: NoCgroups("none", {"cpu": "why not"}))
    file = str(write_pod(tmp_path, POD.replace("requests: {cpu: 2}", "limits: {cpu: 2}")))
    assert main(["check", file]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err == (
        f'{file}: Pod shop: spec.initContainers[0].resources.limits[cpu]: "2": cannot be enforced'
        ' here (why not); run without it by limits="best-effort" (--limits best-effort)\n'
    )
    assert main(["check", file, "--limits", "best-effort"]) == 0


def test_what_a_pod_may_do_depends_on_the_isolation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    bubblewrap = Bubblewrap("/usr/bin/bwrap", is_root=True)
    monkeypatch.setattr(_executor, "found_bubblewrap", lambda: bubblewrap)
    mounted = POD.replace("{name: api,", "{name: api, volumeMounts: [{name: v, mountPath: /no/v}],")
    file = str(write_pod(tmp_path, f"{mounted}  volumes: [{{name: v, emptyDir: {{}}}}]\n"))
    assert main(["check", file]) == 0
    assert main(["check", file, "--isolation", "view", "--network", "private"]) == 0
    capsys.readouterr()
    assert main(["check", file, "--isolation", "none"]) == 2
    assert "(--link-mounts-under /no)" in capsys.readouterr().err


def test_a_manifest_without_a_pod_is_sound(tmp_path: Path) -> None:
    file = write_pod(tmp_path, "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: words}\n")
    assert seedpod("check", file).stdout == "no pod; what there is, is sound\n"
