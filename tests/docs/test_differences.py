"""The page of differences is true: each row that can be asked here is."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import anyio
import attrs
import pytest

import seedpod
from seedpod import events
from seedpod.abc import PodContext
from seedpod.errors import SpecError
from seedpod.events import Event
from seedpod.executors.subprocess import _executor, _limits
from seedpod.executors.subprocess._cgroups import Cgroups, NoCgroups
from seedpod.executors.subprocess._view.bubblewrap import Bubblewrap
from seedpod.status import Phase
from seedpod.testing import (
    FakeExecutor,
    FakeExecutorWithImages,
    Script,
    exits,
    fails,
    refuses,
    run_virtual,
    runs,
    succeeds,
)
from seedpod_docker._review import review
from seedpod_docker._settings import EngineFacts
from tests.docs.pages import ROOT

_PAGE = (ROOT / "docs/explanation/differences.md").read_text()
_ROWS = {
    match[1]: match[2]
    for match in re.finditer(r'^\| <a id="([^"]+)"></a>(.*) \|$', _PAGE, re.MULTILINE)
}
_APP = "{name: app, image: i}"
_SIDECAR = "{name: side, image: i, restartPolicy: Always}"


@attrs.define(eq=False)
class Lab:
    """One pod in virtual time."""

    backend: str
    scripts: Mapping[str, Script | list[Script]] = attrs.field(factory=dict[str, Any])
    executor: FakeExecutor = attrs.field(init=False)
    events: list[Event] = attrs.field(factory=list[Event])

    def run(self, spec: str, act: Any = None) -> Any:
        """Run a pod of this spec; *act* is given its engine and its handle."""
        self.executor = FakeExecutor(self.scripts)
        return run_virtual(self._run, spec, act, backend=self.backend)

    async def _run(self, spec: str, act: Any) -> Any:
        observers = [lambda _pod, event: self.events.append(event)]
        async with seedpod.Engine(
            self.executor, wall_clock=lambda: 0.0, observers=observers
        ) as engine:
            running = engine.start_soon(_pod(spec))
            if act is not None:
                await act(engine, running)
            return await running.wait()


@pytest.fixture
def lab(backend: str) -> Lab:
    return Lab(backend)


def _pod(spec: str) -> Any:
    text = f"apiVersion: v1\nkind: Pod\nmetadata: {{name: p}}\nspec: {spec}\n"
    return seedpod.load(text)[0]


def _refused(executor: Any, spec: str) -> set[str]:
    """The last names of the fields that are refused."""
    try:
        problems = seedpod.check(_pod(spec), executor)
    except SpecError as error:
        problems = error.problems
    return {problem.path.rpartition(".")[2] for problem in problems}


def test_every_row_has_an_id_of_its_own_and_four_cells() -> None:
    rows = [line for line in _PAGE.splitlines() if line.startswith("| <a id=")]
    assert len(rows) == len(_ROWS) > 40
    assert [line for line in rows if line.count(" | ") != 3] == []
    assert [row for row, cells in _ROWS.items() if not cells.startswith(f"{row} | ")] == []


def test_restart_timing(lab: Lab) -> None:
    lab.scripts = {"app": exits(1)}
    lab.run(f"{{activeDeadlineSeconds: 100, containers: [{_APP}]}}")
    assert lab.executor.times("start", "app") == [0, 0, 10, 30, 70]


def test_sidecar_started(lab: Lab) -> None:
    lab.scripts = {"app": exits(0)}
    lab.run(f"{{restartPolicy: Never, initContainers: [{_SIDECAR}], containers: [{_APP}]}}")
    assert lab.executor.times("start", "app") == lab.executor.times("start", "side") == [0]


def test_objects_heal(lab: Lab) -> None:
    config = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {}\n"

    async def act(engine: seedpod.Engine, running: seedpod.RunningPod) -> None:
        await anyio.sleep(7000)
        assert running.row().status == "CreateContainerConfigError"
        engine.apply(*seedpod.load(config).config_maps)

    lab.scripts = {"app": exits(0)}
    app = "{name: app, image: i, envFrom: [{configMapRef: {name: c}}]}"
    lab.run(f"{{restartPolicy: Never, containers: [{app}]}}", act)
    assert lab.executor.times("start", "app") == [7000]


def test_deadline_timing(lab: Lab) -> None:
    lab.scripts = {"app": runs()}
    status = lab.run(f"{{activeDeadlineSeconds: 5, containers: [{_APP}]}}")
    assert lab.executor.times("SIGTERM", "app") == [5]
    assert status.reason == "DeadlineExceeded"


def test_grace_fractions(lab: Lab) -> None:
    async def act(_: seedpod.Engine, running: seedpod.RunningPod) -> None:
        await running.wait_ready()
        running.stop_soon(2.5)

    lab.scripts = {"app": runs(stop_after=0.4), "side": runs(stop_after=None)}
    lab.run(f"{{initContainers: [{_SIDECAR}], containers: [{_APP}]}}", act)
    assert lab.executor.times("SIGTERM", "side") == [0.4]
    assert lab.executor.times("SIGKILL", "side") == [2.5]


def test_crash_loop_exit(lab: Lab) -> None:
    lab.scripts = {"app": exits(0, after=15), "side": exits(3)}
    spec = f"{{restartPolicy: Never, initContainers: [{_SIDECAR}], containers: [{_APP}]}}"
    state = lab.run(spec).container("side").state
    assert (state.exit_code, state.reason) == (3, "Error")


def test_grace_shortened(lab: Lab) -> None:
    async def act(_: seedpod.Engine, running: seedpod.RunningPod) -> None:
        await running.wait_ready()
        running.stop_soon(30)
        await anyio.sleep(5)
        running.stop_soon(1)

    lab.scripts = {"app": runs(stop_after=None)}
    lab.run(f"{{containers: [{_APP}]}}", act)
    assert lab.executor.times("SIGKILL", "app") == [6]


def test_empty_pod_resources() -> None:
    app = "{name: app, image: i, resources: {requests: {cpu: 1}}}"
    assert seedpod.plan(_pod(f"{{resources: {{}}, containers: [{app}]}}")).qos_class == "Burstable"


def test_runtime_words(lab: Lab) -> None:
    lab.scripts = {"app": [refuses("no such file"), refuses("no such file"), exits(0)]}
    lab.run(f"{{restartPolicy: OnFailure, containers: [{_APP}]}}")
    reasons = [getattr(event, "reason", "") for event in lab.events]
    told = [reason for reason in reasons if reason not in {"", "Completed"}]
    once = ["StartError", "RunContainerError"]
    assert told == [*once, *once, "CrashLoopBackOff"]


def test_probe_timing(lab: Lab) -> None:
    asked = "exec: {command: [x]}, periodSeconds: 4"
    app = (
        f"{{name: app, image: i, startupProbe: {{{asked}}}, readinessProbe: {{{asked}}},"
        f" livenessProbe: {{{asked}}}}}"
    )
    lab.scripts = {"app": runs(startup={0: fails(), 4: succeeds()}, readiness=fails())}
    lab.run(f"{{activeDeadlineSeconds: 15, containers: [{app}]}}")
    assert lab.executor.times("startup") == [0, 4]
    assert lab.executor.times("readiness")[:3] == [4, 5, 9]
    assert lab.executor.times("liveness") == [4, 8, 12]


def test_post_start_stop_and_hook_ends_with_container(lab: Lab) -> None:
    assert {"post-start-stop", "hook-ends-with-container"} <= {*_ROWS}
    hook = "{postStart: {exec: {command: [x]}}}"
    app = f"{{name: app, image: i, lifecycle: {hook}}}"

    async def act(_: seedpod.Engine, running: seedpod.RunningPod) -> None:
        await anyio.sleep(5)
        running.stop_soon()

    lab.scripts = {"app": runs(post_start=succeeds(after=60), stop_after=2)}
    lab.run(f"{{containers: [{app}]}}", act)
    assert lab.executor.times("SIGTERM", "app") == [5]
    [ended] = [event for event in lab.events if isinstance(event, events.ContainerHookEnded)]
    assert (ended.time, ended.is_success) == (7, False)


def test_sidecar_probes(lab: Lab) -> None:
    side = (
        "{name: side, image: i, restartPolicy: Always,"
        " livenessProbe: {exec: {command: [x]}, periodSeconds: 2}}"
    )

    async def act(_: seedpod.Engine, running: seedpod.RunningPod) -> None:
        await anyio.sleep(5)
        running.stop_soon()

    lab.scripts = {"app": runs(stop_after=9)}
    lab.run(f"{{initContainers: [{side}], containers: [{_APP}]}}", act)
    assert lab.executor.times("liveness") == [2, 4]


def test_additions(backend: str) -> None:
    limit = seedpod.RestartLimit(max_restarts=2, window_seconds=60)

    async def main() -> Any:
        executor = FakeExecutor({"app": exits(1)})
        async with seedpod.Engine(executor, restart_limit=limit) as engine:
            return await engine.start_soon(_pod(f"{{containers: [{_APP}]}}")).wait()

    status = run_virtual(main, backend=backend)
    assert (status.phase, status.reason) == (Phase.FAILED, "RestartLimitExceeded")


def test_pod_updates(lab: Lab) -> None:
    async def act(_: seedpod.Engine, running: seedpod.RunningPod) -> None:
        await running.wait_ready()
        spec = running.pod.spec
        [app] = spec.containers
        newer = attrs.evolve(spec, containers=[attrs.evolve(app, image="other")])
        running.update(attrs.evolve(running.pod, spec=newer))
        await anyio.sleep(1)
        with pytest.raises(SpecError, match="command"):
            running.update(
                attrs.evolve(
                    running.pod,
                    spec=attrs.evolve(spec, containers=[attrs.evolve(app, command=("x",))]),
                )
            )
        running.stop_soon()

    lab.run(f"{{containers: [{_APP}]}}", act)
    assert lab.executor.times("start", "app") == [0, 0]


def test_event_objects(lab: Lab) -> None:
    seen: list[seedpod.RunningPod] = []

    async def act(_: seedpod.Engine, running: seedpod.RunningPod) -> None:
        seen.append(running)

    lab.scripts = {"app": exits(1)}
    lab.run(f"{{activeDeadlineSeconds: 100, containers: [{_APP}]}}", act)
    told = {each.reason: each.count for each in seen[0].kubernetes_events}
    assert told["BackOff"] == 4
    assert told["DeadlineExceeded"] == 1
    assert "Scheduled" not in told


def test_null_in_maps() -> None:
    with pytest.raises(SpecError, match="not null"):
        _pod(f"{{nodeSelector: {{a: null}}, containers: [{_APP}]}}")


def test_terminal_phase(lab: Lab) -> None:
    lab.scripts = {"app": exits(0)}
    lab.run(f"{{restartPolicy: Never, containers: [{_APP}]}}")
    kinds = [type(event) for event in lab.events]
    [*_, last] = [event for event in lab.events if type(event) is events.PodPhaseChanged]
    assert last.phase is Phase.SUCCEEDED
    assert kinds.index(events.SandboxClosed) < lab.events.index(last)


def test_cancellation(backend: str) -> None:
    executor = FakeExecutor({"app": runs(stop_after=None), "side": runs(stop_after=None)})

    async def main() -> seedpod.RunningPod:
        with anyio.CancelScope() as scope:
            async with seedpod.Engine(executor, cancel_grace_seconds=3) as engine:
                spec = f"{{initContainers: [{_SIDECAR}], containers: [{_APP}]}}"
                running = await engine.start(_pod(spec))
                scope.cancel()
        return running

    running = run_virtual(main, backend=backend)
    assert executor.times("SIGTERM") == [0, 0]
    assert executor.times("SIGKILL") == [3, 3]
    assert running.is_finished


def test_stop_signal(lab: Lab) -> None:
    async def act(_: seedpod.Engine, running: seedpod.RunningPod) -> None:
        await running.wait_ready()
        running.stop_soon()

    app = "{name: app, image: i, lifecycle: {stopSignal: SIGUSR1}}"
    lab.run(f"{{os: {{name: linux}}, containers: [{app}]}}", act)
    assert lab.executor.times("SIGUSR1", "app") == [0]


def test_scheduling(lab: Lab) -> None:
    lab.scripts = {"app": exits(0)}
    spec = (
        "{restartPolicy: Never, nodeSelector: {a: b}, tolerations: [{operator: Exists}],"
        " affinity: {podAffinity: {}}, priority: 5, runtimeClassName: g, serviceAccountName: s,"
        f" containers: [{_APP}]}}"
    )
    assert lab.run(spec).condition("PodScheduled").status == "True"
    names = {path.rpartition(".")[2] for path in seedpod.plan(_pod(spec)).without_effect}
    cells = set(re.findall(r"`(\w+)`", _ROWS["scheduling"]))
    assert names == cells - {"PodScheduled"}


def test_volume_updates(backend: str) -> None:
    config = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {k: %s}\n"
    spec = "{volumes: [{name: v, configMap: {name: c}}], containers: [%s]}"
    app = "{name: app, image: i, volumeMounts: [{name: v, mountPath: /v}]}"
    seen: list[Path] = []

    class Executor(FakeExecutor):
        def open_pod(self, pod: PodContext) -> Any:
            seen.append(pod.volumes["v"])
            return super().open_pod(pod)

    async def main() -> str:
        objects = seedpod.load(config % "old").config_maps
        async with seedpod.Engine(Executor(), objects=objects) as engine:
            running = await engine.start(_pod(spec % app))
            engine.apply(*seedpod.load(config % "new").config_maps)
            await anyio.sleep(1000)
            text = (seen[0] / "k").read_text()
            await running.stop()
            return text

    assert run_virtual(main, backend=backend) == "new"


_REFUSED = {
    "gates": f"{{schedulingGates: [{{name: a}}], containers: [{_APP}]}}",
}


@pytest.mark.parametrize("row", sorted(_REFUSED))
def test_what_is_refused_by_the_engine(row: str) -> None:
    fields = set(re.findall(r"[`.]([a-z][A-Za-z]+)[`:]", _ROWS[row].split(" | ")[1]))
    assert _refused(FakeExecutor(), _REFUSED[row]) == fields


def test_empty_dir(lab: Lab) -> None:
    async def act(_: seedpod.Engine, running: seedpod.RunningPod) -> None:
        await running.wait_ready()
        await anyio.sleep(5.3)
        (running._run.volumes["v"] / "file").write_bytes(b"x" * 8192)

    lab.scripts = {"app": runs()}
    volume = "{name: v, emptyDir: {sizeLimit: 4Ki}}"
    status = lab.run(f"{{volumes: [{volume}], containers: [{_APP}]}}", act)
    assert lab.executor.times("SIGTERM", "app") == [6]
    assert status.reason == "Evicted"


def test_fs_group(monkeypatch: pytest.MonkeyPatch) -> None:
    spec = f"{{securityContext: {{fsGroup: {os.getegid()}}}, containers: [{_APP}]}}"
    assert _refused(FakeExecutor(), spec) == set()
    monkeypatch.setattr("seedpod._runtime.admission.may_give_to", lambda _group: False)
    assert _refused(FakeExecutor(), spec) == {"fsGroup"}


def test_empty_dir_in_huge_pages_and_other_systems() -> None:
    volume = "{name: v, emptyDir: {medium: HugePages}}"
    spec = f"{{volumes: [{volume}], containers: [{_APP}]}}"
    assert _refused(FakeExecutor(), spec) == {"medium"}
    assert _refused(FakeExecutor(), f"{{os: {{name: windows}}, containers: [{_APP}]}}") == {"name"}


_CLAIM = "{name: v, persistentVolumeClaim: {claimName: c}}"
_TOKEN = "{name: t, projected: {sources: [{serviceAccountToken: {path: t}}]}}"


def test_volume_kinds() -> None:
    spec = f"{{serviceAccountName: s, volumes: [{_CLAIM}, {_TOKEN}], containers: [{_APP}]}}"
    assert _refused(FakeExecutor(), spec) == {"persistentVolumeClaim", "serviceAccountToken"}


_BY_PROCESSES = {
    "images": f"{{containers: [{_APP}]}}",
    "limits": "{containers: [{name: app, image: i, command: [x], resources: {limits: {cpu: 1}}}]}",
    "devices": "{containers: [{name: app, image: i, command: [x], stdin: true, stdinOnce: true,"
    " tty: true}]}",
    "host-names": '{hostname: elsewhere, subdomain: "z", setHostnameAsFQDN: true, dnsConfig:'
    " {nameservers: [1.1.1.1]}, hostAliases: [{ip: 1.1.1.1}], containers: [{name: app, image: i,"
    " command: [x]}]}",
    "security": "{containers: [{name: app, image: i, command: [x], securityContext:"
    " {readOnlyRootFilesystem: true, allowPrivilegeEscalation: false}}]}",
    "host-network": "{containers: [{name: app, image: i, command: [x], ports: [{containerPort: 80,"
    " hostPort: 81}]}]}",
    "links": "{volumes: [{name: v, emptyDir: {}}], containers: [{name: app, image: i, command: [x],"
    " volumeMounts: [{name: v, mountPath: /v, readOnly: true}]}]}",
}


@pytest.fixture
def no_cgroups(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever this machine has."""
    none = NoCgroups("there is none", {"cpu": "there is none"})
    monkeypatch.setattr(_limits, "found_cgroups", lambda: none)


@pytest.mark.parametrize("row", sorted(_BY_PROCESSES))
def test_what_is_refused_by_the_subprocess_executor(row: str, no_cgroups: None) -> None:
    executor = seedpod.find_executor("subprocess", isolation="none")
    refused = {field.partition("[")[0] for field in _refused(executor, _BY_PROCESSES[row])}
    named = set(re.findall(r"`([A-Za-z.]+)", _ROWS[row]))
    assert refused
    assert refused - {"mountPath"} <= {name.rpartition(".")[2] for name in named}


_IN_VIEWS = {
    "devices": _BY_PROCESSES["devices"],
    "host-names": "{subdomain: z, setHostnameAsFQDN: true, dnsConfig: {nameservers: [1.1.1.1]},"
    " hostname: elsewhere, hostAliases: [{ip: 1.1.1.1}], containers: [{name: app, image: i,"
    " command: [x]}]}",
    "links": "{volumes: [{name: v, emptyDir: {}}], containers: [{name: app, image: i, command: [x],"
    " volumeMounts: [{name: v, mountPath: /v, readOnly: true, mountPropagation: HostToContainer},"
    " {name: v, mountPath: /v/v}]}]}",
    "pod-namespaces": "{shareProcessNamespace: true, hostIPC: true, containers: [{name: app,"
    " image: i, command: [x]}]}",
    "security": "{hostUsers: false, securityContext: {seLinuxOptions: {user: u}, sysctls:"
    ' [{name: kernel.shm_rmid_forced, value: "1"}], supplementalGroups: [5]},'
    " containers: [{name: app, image: i, command: [x], securityContext: {procMount: Unmasked,"
    " capabilities: {add: [NET_ADMIN]}, readOnlyRootFilesystem: true, allowPrivilegeEscalation:"
    " false}}]}",
}
_BY_USERS = {"security": {"add", "supplementalGroups"}}
"""What is refused only if the host process is not root."""


@pytest.mark.parametrize("is_root", [True, False])
@pytest.mark.parametrize("row", sorted(_IN_VIEWS))
def test_what_is_refused_in_views(row: str, is_root: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    bubblewrap = Bubblewrap("/usr/bin/bwrap", is_root=is_root)
    monkeypatch.setattr(_executor, "found_bubblewrap", lambda: bubblewrap)
    refused = _refused(seedpod.find_executor("subprocess", isolation="view"), _IN_VIEWS[row])
    of_plain_processes = re.search(r"[Aa]t `none`.*?(?=At `view`|$)", _ROWS[row])
    told = _ROWS[row].replace(of_plain_processes[0] if of_plain_processes else "", "")
    named = {name.rpartition(".")[2] for name in re.findall(r"`([A-Za-z.]+)", told)}
    assert refused
    assert refused <= named
    assert is_root or _BY_USERS.get(row, set()) <= refused


_BY_DOCKER = {
    "docker-names": f"{{subdomain: z, setHostnameAsFQDN: true, containers: [{_APP}]}}",
    "docker-limits": "{resources: {limits: {cpu: 1}}, containers: [{name: app, image: i, resources:"
    " {limits: {cpu: 1, memory: 1Gi, hugepages-2Mi: 2Mi}}}]}",
    "docker-security": "{hostUsers: false, securityContext: {supplementalGroupsPolicy: Strict},"
    f" containers: [{_APP}]}}",
    "docker-devices": "{resourceClaims: [{name: c, resourceClaimName: c}], volumes: [{name: v,"
    " persistentVolumeClaim: {claimName: c}}], containers: [{name: app, image: i, volumeDevices:"
    " [{name: v, devicePath: /dev/x}], resources: {claims: [{name: c}]}}]}",
}
_BY_SOME_DOCKER_ENGINES = {
    "docker-network": "{containers: [{name: app, image: i, readinessProbe: {httpGet: {port: 80}},"
    " livenessProbe: {tcpSocket: {port: 80}}, startupProbe: {grpc: {port: 80}}}]}",
    "docker-security": "{securityContext: {appArmorProfile: {type: RuntimeDefault}}, containers:"
    f" [{_APP}]}}",
    "docker-volumes": "{volumes: [{name: v, emptyDir: {}}], containers: [{name: app, image: i,"
    " volumeMounts: [{name: v, mountPath: /v, readOnly: true, recursiveReadOnly: Enabled}]}]}",
}


def _named_in(row: str) -> set[str]:
    """The last names of the fields a row speaks of."""
    return {name.rpartition(".")[2] for name in re.findall(r"`([A-Za-z.]+)", _ROWS[row])}


@pytest.mark.parametrize("row", sorted(_BY_DOCKER))
def test_what_is_refused_by_the_docker_executor(row: str) -> None:
    executor = seedpod.find_executor("docker", host="unix:///run/docker.sock")
    refused = _refused(executor, _BY_DOCKER[row]) - {"persistentVolumeClaim"}
    assert refused
    assert refused <= _named_in(row)


@pytest.mark.parametrize("row", sorted(_BY_SOME_DOCKER_ENGINES))
def test_what_is_refused_by_some_docker_engines(row: str) -> None:
    pod = _pod(_BY_SOME_DOCKER_ENGINES[row])
    able = EngineFacts(version=(1, 44))
    unable = EngineFacts(is_local=False, is_reachable=False, has_app_armor=False)
    refused = {problem.path.rpartition(".")[2] for problem in review(pod, unable)}
    assert refused
    assert refused <= _named_in(row)
    assert list(review(pod, able)) == []


def test_limits_are_kept_or_let_go(no_cgroups: None, monkeypatch: pytest.MonkeyPatch) -> None:
    executor = seedpod.find_executor("subprocess", limits="best-effort")
    assert _refused(executor, _BY_PROCESSES["limits"]) == set()
    monkeypatch.setattr(_limits, "found_cgroups", lambda: Cgroups((), {}))
    executor = seedpod.find_executor("subprocess")
    assert _refused(executor, _BY_PROCESSES["limits"]) == set()
    other = _BY_PROCESSES["limits"].replace("cpu: 1", "cpu: 1, hugepages-2Mi: 2Mi")
    assert _refused(executor, other) == {"limits[hugepages-2Mi]"}


_ASKED = (
    "{containers: [{name: app, image: i, command: [x],"
    " ports: [{containerPort: 80, hostPort: 80}],"
    " readinessProbe: {httpGet: {path: /, port: 80}}, livenessProbe: {tcpSocket: {port: 80}},"
    " startupProbe: {grpc: {port: 80}}}]}"
)


def test_host_network_in_a_network_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    bubblewrap = Bubblewrap("/usr/bin/bwrap", is_root=True)
    monkeypatch.setattr(_executor, "found_bubblewrap", lambda: bubblewrap)
    executor = seedpod.find_executor("subprocess", network="private")
    assert _refused(executor, _ASKED) == {"hostPort", "httpGet", "tcpSocket", "grpc"}
    assert _refused(executor, _ASKED.replace("{cont", "{hostNetwork: true, cont", 1)) == set()


def test_images_on_disk_need_no_command(monkeypatch: pytest.MonkeyPatch) -> None:
    bubblewrap = Bubblewrap("/usr/bin/bwrap", is_root=True)
    monkeypatch.setattr(_executor, "found_bubblewrap", lambda: bubblewrap)
    executor = seedpod.find_executor("subprocess")
    assert _refused(executor, "{containers: [{name: app, image: 'dir:/srv/alpine'}]}") == set()
    assert _refused(executor, f"{{containers: [{_APP}]}}") == {"command"}


def test_group_leftovers_are_killed_with_the_main_process(backend: str) -> None:
    script = "sleep 3600 & echo $!"
    app = f"{{name: app, image: i, command: [sh, -c, {script}]}}"
    pids: list[bytes] = []

    async def main() -> None:
        async with seedpod.Engine(seedpod.find_executor("subprocess")) as engine:
            spec = f"{{restartPolicy: Never, containers: [{app}]}}"
            running = engine.start_soon(_pod(spec))
            async with running.logs() as lines:
                pids.extend([line.text async for line in lines])

    anyio.run(main, backend=backend)
    assert len(pids) == 1
    assert not _runs(int(pids[0]))


def test_image_credentials(backend: str) -> None:
    executor = FakeExecutorWithImages(present=["i:1"], protected={"i:1": "secret"})

    async def main() -> list[bool]:
        ready: list[bool] = []
        for policy in ("IfNotPresent", "Always"):
            app = f"{{name: app, image: 'i:1', imagePullPolicy: {policy}}}"
            async with seedpod.Engine(executor) as engine:
                running = engine.start_soon(_pod(f"{{containers: [{app}]}}"))
                await anyio.sleep(60)
                ready.append(running.row().status == "Running")
                running.stop_soon()
        return ready

    assert run_virtual(main, backend=backend) == [True, False]


def test_host_network_addresses(lab: Lab) -> None:
    lab.scripts = {"app": exits(0)}
    status = lab.run(f"{{restartPolicy: Never, containers: [{_APP}]}}")
    assert (status.pod_ip, status.host_ip) == ("127.0.0.1", "127.0.0.1")


def _runs(pid: int) -> bool:
    """Whether there is a process of this number that is not merely waiting to be reaped."""
    try:
        return bool(Path(f"/proc/{pid}/cmdline").read_bytes())
    except OSError:
        return False
