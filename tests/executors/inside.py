"""Running scripts in pods of a real engine, at a level of isolation, and seeing what came of it."""

from __future__ import annotations

import functools
import json
import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, ParamSpec, TypeAlias

import anyio
import attrs

import seedpod
from seedpod.executors.subprocess import SubprocessExecutor
from seedpod.spec import ConfigMap, Secret
from seedpod.status import PodStatus, Terminated, Waiting
from tests.executors.views import has_views

P = ParamSpec("P")
Level: TypeAlias = Literal["none", "view"]
BOUND = 30.0
"""Seconds for one pod: a net, not a measure."""


@attrs.frozen
class Ended:
    """A pod that has ended."""

    status: PodStatus
    written: Mapping[str, str]
    """What each container wrote, to either stream."""

    @property
    def output(self) -> str:
        """What the one container wrote, or the first."""
        return self.written["main"]

    @property
    def lines(self) -> list[str]:
        """Its lines."""
        return self.output.splitlines()

    def end_of(self, name: str = "main") -> Terminated:
        """How the container *name* ended."""
        statuses = (*self.status.init_container_statuses, *self.status.container_statuses)
        [found] = [each for each in statuses if each.name == name]
        assert isinstance(found.state, Terminated), found.state
        return found.state

    @property
    def exit_code(self) -> int:
        """How the one container ended, or the first."""
        return self.end_of().exit_code


def container(script: str = "", *, name: str = "main", **fields: Any) -> dict[str, Any]:
    """A container, in the words of a manifest, that runs *script*."""
    command = {"command": ["sh", "-c", script]} if script else {}
    return {"name": name, "image": "host", **command, **fields}


def manifest(*containers: Mapping[str, Any], **spec: Any) -> dict[str, Any]:
    """A pod of *containers* that runs once."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "web"},
        "spec": {"restartPolicy": "Never", "containers": list(containers), **spec},
    }


def pod_of(*containers: Mapping[str, Any], **spec: Any) -> seedpod.Manifest:
    """It, loaded."""
    return seedpod.load(json.dumps(manifest(*containers, **spec)))


def executor_at(level: Level, under: Path | None = None) -> SubprocessExecutor:
    """An executor; at `none`, volumes may be linked below *under*."""
    links = [under] if under is not None and level == "none" else []
    return SubprocessExecutor(isolation=level, link_mounts_under=links)


def ran(
    *containers: Mapping[str, Any],
    level: Level = "view",
    under: Path | None = None,
    objects: Sequence[Mapping[str, Any]] = (),
    executor: SubprocessExecutor | None = None,
    backend: str = "asyncio",
    must_end: bool = True,
    **spec: Any,
) -> Ended:
    """Run a pod to its end; or, unless it *must_end*, until it waits to be made for ever."""
    text = "\n---\n".join(json.dumps(each) for each in (manifest(*containers, **spec), *objects))
    loaded = seedpod.load(text)

    async def main() -> Ended:
        written: dict[str, bytes] = {}
        given: list[ConfigMap | Secret] = [*loaded.config_maps, *loaded.secrets]
        with anyio.fail_after(BOUND):
            async with seedpod.Engine(
                executor or executor_at(level, under), objects=given
            ) as engine:
                running = engine.start_soon(loaded[0])
                if not must_end and await cannot_be_made(running):
                    running.stop_soon(1)
                async with running.logs() as lines:
                    async for line in lines:
                        end = b"" if line.is_partial else b"\n"
                        written[line.container] = written.get(line.container, b"") + line.text + end
                status = await running.wait()
        names = [each["name"] for each in (*containers, *spec.get("initContainers", ()))]
        return Ended(
            status, {name: written.get(name, b"").decode(errors="replace") for name in names}
        )

    return anyio.run(main, backend=backend)


async def cannot_be_made(running: seedpod.RunningPod) -> Waiting | None:
    """Wait until a container of the pod waits to be made for ever, or the pod has ended."""
    async with running.watch() as events:
        async for _ in events:
            for each in running.status.container_statuses:
                if isinstance(each.state, Waiting) and each.state.reason.startswith("Create"):
                    return each.state
    return None


def refusal(
    *containers: Mapping[str, Any],
    level: Level = "view",
    under: Path | None = None,
    objects: Sequence[Mapping[str, Any]] = (),
    executor: SubprocessExecutor | None = None,
    **spec: Any,
) -> Waiting:
    """What a container waits for, for ever, because it cannot be made."""
    text = "\n---\n".join(json.dumps(each) for each in (manifest(*containers, **spec), *objects))
    loaded = seedpod.load(text)

    async def main() -> Waiting:
        given: list[ConfigMap | Secret] = [*loaded.config_maps, *loaded.secrets]
        with anyio.fail_after(BOUND):
            async with seedpod.Engine(
                executor or executor_at(level, under), objects=given
            ) as engine:
                running = engine.start_soon(loaded[0])
                waiting = await cannot_be_made(running)
                assert waiting is not None, running.status
                await running.stop(1)
                return waiting

    return anyio.run(main)


def said(script: str, level: Level = "view", **fields: Any) -> list[str]:
    """The lines that *script* writes in a container with *fields*, of a pod of its own."""
    return ran(container(script, **fields), level=level).lines


def python() -> str:
    """The interpreter, in the words of a shell; it is among the host's files."""
    return f"{shlex.quote(sys.executable)} -I -S"


def gets_out(script: str, level: Level, **options: Any) -> bool:
    """Whether *script*, in the one container of a pod, gets as far as to say `out`.

    It is run to its end: what fails for another reason than the one it is about would say nothing.
    """
    fields = options.pop("fields", {})
    ended = ran(container(f"{script}\necho tried", **fields), level=level, **options)
    assert "tried" in ended.lines, ended
    return "out" in ended.lines


def in_a_view(test: Callable[P, None]) -> Callable[P, None]:
    """Have *test* done where there are views; elsewhere their lack is noted, and it is empty."""

    @functools.wraps(test)
    def tested(*args: P.args, **kwargs: P.kwargs) -> None:
        if has_views():
            test(*args, **kwargs)

    return tested
