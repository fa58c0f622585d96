"""Nothing is left of pods in views: of many, of a host that was killed, of one cancelled anywhere.

What could be left: a process in some view, a mount, a directory, a cgroup. Each is known by the
directory that this test's temporary files are in, or by the uid of a pod, so that whatever else
goes on on the machine is not taken for ours.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Callable, Collection, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import anyio
import pytest
import trio

import seedpod
from seedpod._runtime.host import may_mount
from seedpod._runtime.volumes.tmpfs import mounts_below, unmount_below
from seedpod.executors.subprocess import SubprocessExecutor, _dispatcher
from seedpod.executors.subprocess._group import Process, living_members
from seedpod.executors.subprocess._limits import found_cgroups
from seedpod.spec import Pod
from seedpod.status import Phase
from tests.executors.inside import container, in_a_view, manifest
from tests.executors.processes import becomes, with_environment
from tests.machine import lacks

_MARK = "SEEDPOD_LEAK_TEST"
_SHARED_MEMORY = Path("/dev/shm")
_OBJECTS = (
    {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings"}, "data": {"a": "b"}},
    {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "password"},
        "stringData": {"password": "sesame"},
    },
)
_READS = "cat /volumes/settings/a /volumes/password/password /volumes/labels/name"


def volumes(*, in_memory: bool = False) -> list[dict[str, Any]]:
    """Five of them; one, if it is to be in memory, with a file system of its own."""
    bounded: dict[str, Any] = {"medium": "Memory", "sizeLimit": "1Mi"} if in_memory else {}
    labels = {"path": "name", "fieldRef": {"fieldPath": "metadata.name"}}
    return [
        {"name": "cache", "emptyDir": bounded},
        {"name": "scratch", "emptyDir": {}},
        {"name": "settings", "configMap": {"name": "settings"}},
        {"name": "password", "secret": {"secretName": "password"}},
        {"name": "labels", "downwardAPI": {"items": [labels]}},
    ]


def pod(script: str, *, name: str = "web", in_memory: bool = False, **fields: Any) -> Pod:
    """A pod with the five volumes; its one container, with *fields*, runs *script*."""
    shown = volumes(in_memory=in_memory)
    mounts = [{"name": each["name"], "mountPath": f"/volumes/{each['name']}"} for each in shown]
    one = manifest(container(script, volumeMounts=mounts, **fields), volumes=shown)
    one["metadata"]["name"] = name
    return seedpod.load(json.dumps(one))[0]


def engine(network: Literal["host", "private"] = "host", grace: float = 5) -> seedpod.Engine:
    """An engine for them."""
    loaded = seedpod.load("\n---\n".join(map(json.dumps, _OBJECTS)))
    return seedpod.Engine(
        SubprocessExecutor(isolation="view", network=network),
        objects=[*loaded.config_maps, *loaded.secrets],
        cancel_grace_seconds=grace,
    )


def memory_limit() -> dict[str, Any]:
    """The fields of a container with a limit, if limits can be kept here."""
    lacking = found_cgroups().lacking()
    if "memory" in lacking:
        lacks(lacking["memory"])
        return {}
    return {"resources": {"limits": {"memory": "64Mi"}}}


def traces(where: Path, uids: Collection[str]) -> dict[str, list[str]]:
    """What there is of pods with these uids, whose directories are in *where*, by its kind."""
    in_memory = [each for uid in uids for each in _SHARED_MEMORY.glob(f"seedpod-{uid}*")]
    mounts = [*map(str, mounts_below(where) + mounts_below(_SHARED_MEMORY))]
    found: dict[str, list[str]] = {
        "directory": [*map(str, where.glob("seedpod-*")), *map(str, in_memory)],
        "mount": [each for each in mounts if _is_ours(each, where, uids)],
        "cgroup": [each for each in _cgroups() if _is_ours(each, where, uids)],
        "process": [*_processes_in_views(where)],
    }
    return {kind: them for kind, them in found.items() if them}


def _is_ours(path: str, where: Path, uids: Collection[str]) -> bool:
    return path.startswith(f"{where}/") or any(f"seedpod-{uid}" in path for uid in uids)


def _cgroups() -> Iterator[str]:
    for directory, names, _ in os.walk("/sys/fs/cgroup"):
        yield from (f"{directory}/{name}" for name in names if name.startswith("seedpod-"))


def _processes_in_views(where: Path) -> Iterator[str]:
    """Each view has directories of its own, which are below *where* on the host."""
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            try:
                mounts = (process / "mountinfo").read_text().splitlines()
                roots = [line.split(" ", 5)[3] for line in mounts]
                if any(f"/{where.name}/seedpod-view-" in root for root in roots):
                    yield f"{process.name} {(process / 'cmdline').read_text()!r}"
            except OSError:
                continue  # it has ended meanwhile


@pytest.fixture
def where(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[Path]:
    """Where temporary directories are made now: in memory, which is faster, where there is some."""
    root = _SHARED_MEMORY if os.access(_SHARED_MEMORY, os.W_OK) else tmp_path
    with tempfile.TemporaryDirectory(dir=root, prefix="leaks-") as directory:
        monkeypatch.setattr(tempfile, "tempdir", directory)
        yield Path(directory)


@in_a_view
def test_nothing_is_left_of_two_hundred_pods(backend: str, where: Path) -> None:
    limited = [memory_limit(), *({},) * 9]
    pods = iter(
        [pod(_READS, name=f"pod-{number}", **limited[number % 10]) for number in range(200)]
    )
    uids: set[str] = set()

    async def main() -> None:
        async with engine() as it, anyio.create_task_group() as group:
            for _ in range(16):
                group.start_soon(submit_each, it)

    async def submit_each(it: seedpod.Engine) -> None:
        for each in pods:
            running = it.start_soon(each)
            uids.add(running.uid)
            status = await running.wait()
            assert status.phase is Phase.SUCCEEDED, status

    anyio.run(main, backend=backend)
    assert len(uids) == 200
    assert traces(where, uids) == {}


def host() -> None:
    """A host process that says the uids of its pods once they all run, and lives until killed."""
    backend, count = sys.argv[1], int(sys.argv[2])
    # Each leaves its session, and has a child that is left when its parent dies.
    script = f"{_READS}; sleep 1000 & setsid sleep 1000 & touch /volumes/cache/file; wait"

    async def main() -> None:
        limited = memory_limit()
        async with engine("private") as it:
            running = [
                it.start_soon(pod(script, name=f"pod-{number}", in_memory=True, **limited))
                for number in range(count)
            ]
            for each in running:
                await each.wait_ready()
            os.write(1, f"{' '.join(each.uid for each in running)}\n".encode())

    anyio.run(main, backend=backend)


@contextmanager
def killed(
    backend: str, count: int, where: Path, mark: str, before: str = ""
) -> Generator[list[str]]:
    """The uids of the pods of a host that is killed at the end of the block.

    It runs *before* first.
    """
    paths = [each for each in sys.path if each]
    own = {_MARK: mark, "TMPDIR": str(where), "PYTHONPATH": os.pathsep.join(paths)}
    run = f"{before}\nfrom {__name__} import host; host()"
    with subprocess.Popen(
        [sys.executable, "-c", run, backend, str(count)],
        stdout=subprocess.PIPE,
        start_new_session=True,
        env={**os.environ, **own},
    ) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().decode().split()
        finally:
            process.kill()


@in_a_view
def test_nothing_is_left_five_seconds_after_the_host_was_killed(backend: str, where: Path) -> None:
    mark = uuid.uuid4().hex
    with killed(backend, 8, where, mark) as uids:
        assert len(uids) == 8
        kinds = {"directory", "process"}
        kinds |= {"cgroup"} if memory_limit() else set()
        kinds |= {"mount"} if may_mount() else set()
        assert traces(where, uids).keys() == kinds
    assert becomes(
        lambda: not traces(where, uids) and not with_environment(f"{_MARK}={mark}"), within=5
    ), traces(where, uids)


_DIES = """
import os, signal
from seedpod._runtime import pod_volumes

prepare = pod_volumes.prepare

def and_die(pod, *rest):
    prepare(pod, *rest)
    os.write(1, f"{pod.metadata.uid}\\n".encode())
    os.kill(os.getpid(), signal.SIGKILL)

pod_volumes.prepare = and_die
"""
"""Before the executor is told of the volumes."""


@in_a_view
def test_nothing_is_left_of_a_host_that_was_killed_with_its_volumes_just_made(
    backend: str, where: Path
) -> None:
    with killed(backend, 1, where, uuid.uuid4().hex, _DIES) as uids:
        assert len(uids) == 1
    try:
        assert becomes(lambda: not traces(where, uids), within=2), traces(where, uids)
    finally:
        for each in _SHARED_MEMORY.glob(f"seedpod-{uids[0]}*"):
            unmount_below(each)
            shutil.rmtree(each)


class Counter:
    """Counts the steps that an event loop makes, and does something before one of them."""

    def __init__(self, at: int, then: Callable[[], object]) -> None:
        self.steps = 0
        self.at = at
        self.then = then

    def step(self) -> None:
        self.steps += 1
        if self.steps == self.at:
            self.then()


class TrioCounter(Counter, trio.abc.Instrument):
    """Of trio's loop: the steps of its tasks."""

    def before_task_step(self, task: trio.lowlevel.Task) -> None:
        self.step()


@contextmanager
def counting(backend: str, at: int, then: Callable[[], object]) -> Generator[Counter]:
    """A block in which steps of the running event loop are counted; *then* comes before one."""
    if backend == "trio":
        counter = TrioCounter(at, then)
        trio.lowlevel.add_instrument(counter)
        try:
            yield counter
        finally:
            trio.lowlevel.remove_instrument(counter)
        return
    counted = Counter(at, then)
    with pytest.MonkeyPatch.context() as patch:
        run = asyncio.Handle._run

        def counted_run(handle: asyncio.Handle) -> None:
            counted.step()
            run(handle)

        patch.setattr(asyncio.Handle, "_run", counted_run)
        yield counted


def hooked_pod() -> Pod:
    """A pod that has an exec probe and both hooks, and ends by itself."""
    return pod(
        f"{_READS}; sleep 0.1",
        readinessProbe={"exec": {"command": ["true"]}, "periodSeconds": 1},
        lifecycle={
            "postStart": {"exec": {"command": ["sh", "-c", "echo hello > /volumes/scratch/file"]}},
            "preStop": {"exec": {"command": ["sh", "-c", "cat /volumes/scratch/file"]}},
        },
        **memory_limit(),
    )


async def cancelled(backend: str, at: int, uids: set[str], grace: float) -> int:
    """Run the pod, cancelled before step *at*, if any, and say how many steps there were."""
    with (
        anyio.fail_after(30),
        anyio.CancelScope() as scope,
        counting(backend, at, scope.cancel) as counter,
    ):
        async with engine(grace=grace) as it:
            running = it.start_soon(hooked_pod())
            uids.add(running.uid)
            status = await running.wait()
            assert status.phase is Phase.SUCCEEDED or scope.cancel_called, status
    return counter.steps


@in_a_view
@pytest.mark.parametrize("grace", [0, 0.1])
def test_nothing_is_left_of_a_pod_wherever_it_is_cancelled(
    backend: str, where: Path, grace: float
) -> None:
    """Before a few dozen of its steps, of which no two runs have quite the same number."""
    uids: set[str] = set()
    steps = anyio.run(cancelled, backend, -1, uids, grace, backend=backend)
    assert traces(where, uids) == {}
    for at in range(1, steps + 1, -(-steps // 40)):
        anyio.run(cancelled, backend, at, uids, grace, backend=backend)
        assert traces(where, uids) == {}, f"cancelled before step {at} of {steps}"


async def runs_one() -> None:
    """A pod without a probe, which leaves a process behind."""
    async with engine() as it:
        status = await it.start_soon(pod(f"{_READS}; (sleep 1000 &)")).wait()
        assert status.phase is Phase.SUCCEEDED, status


@in_a_view
def test_the_end_of_a_view_is_waited_for_and_not_looked_for(
    backend: str, where: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def looks(_groups: object) -> object:
        raise AssertionError("looked at every process there is")

    monkeypatch.setattr(_dispatcher, "living_members", looks)
    anyio.run(runs_one, backend=backend)
    assert traces(where, ()) == {}


@in_a_view
def test_a_view_whose_end_is_overdue_is_looked_at(
    backend: str, where: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[int] = []

    def looks(groups: Collection[int]) -> dict[int, tuple[Process, ...]]:
        looked.extend(groups)
        return living_members(groups)

    monkeypatch.setattr(_dispatcher, "living_members", looks)
    monkeypatch.setattr(_dispatcher, "_PATIENCE", 0.0)
    monkeypatch.setattr(_dispatcher, "_POLLS_AT_MOST", 1)  # or it may be over within the turn
    anyio.run(runs_one, backend=backend)
    assert looked
    assert becomes(lambda: not traces(where, ()), within=2)
