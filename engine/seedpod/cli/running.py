"""`seedpod run`: one engine for all pods, a view of it, and the signals that end it."""

from __future__ import annotations

import os
import signal
import sys
from typing import Final, Protocol

import anyio
import attrs
import click
from anyio import CancelScope, create_task_group
from anyio.abc import TaskGroup

import seedpod
from seedpod.abc import Executor, Observer
from seedpod.cli.choices import RunChoices
from seedpod.cli.feed import Feed, Item, Notice
from seedpod.cli.manifests import RefusedError
from seedpod.cli.outlet import Outlet
from seedpod.cli.plain import PlainView
from seedpod.cli.record import recording
from seedpod.errors import ExecutorError
from seedpod.events import Event
from seedpod.spec import Pod
from seedpod.status import Phase

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_EXTRA_SECONDS: Final = 2.0
"""What whoever still runs at the end of the grace period gets before it is killed."""


class View(Protocol):
    """How a run looks."""

    @property
    def refresh_seconds(self) -> float:
        """How often it changes although nothing happens."""
        ...

    def render(self, items: list[Item]) -> bytes:
        """What to write now."""
        ...


@attrs.define(eq=False)
class Run:
    """One `seedpod run`, from its first pod to its last."""

    manifest: seedpod.Manifest
    executor: Executor
    choices: RunChoices
    outlet: Outlet
    feed: Feed = attrs.field(factory=Feed)
    pods: list[seedpod.RunningPod] = attrs.field(factory=list[seedpod.RunningPod])
    kill: CancelScope = attrs.field(factory=CancelScope)
    """Around the engine: cancelled, it kills."""
    ended_early: int | None = None
    """The exit code of a run that was told to stop, once it was."""
    refusal: ExecutorError | RefusedError | None = None
    """Why the executor could not begin at all."""

    @property
    def exit_code(self) -> int:
        """What the shell is told."""
        if self.ended_early is not None:
            return self.ended_early
        return int(any(pod.status.phase is not Phase.SUCCEEDED for pod in self.pods))


def run_pods(manifest: seedpod.Manifest, executor: Executor, choices: RunChoices) -> int:
    """Run the pods of *manifest* to their end, and return the exit code.

    Raises:
        click.UsageError: The file for the events cannot be written.
        ExecutorError: The executor cannot begin; nothing was started.
        RefusedError: It cannot honour the pods, as it knows once it is open; nothing was started.
    """
    _warn_of_what_has_no_effect(manifest)
    with recording(choices.events) as observers:
        outlet = Outlet.to(sys.stderr if choices.output else sys.stdout)
        made = (manifest, executor, choices, outlet)
        run = anyio.run(_live, made, observers, backend=choices.backend)
    if run.refusal is not None:
        raise run.refusal
    if choices.output:
        click.echo(_result(run.pods, choices.output), nl=False)
    return run.exit_code


async def _live(
    made: tuple[seedpod.Manifest, Executor, RunChoices, Outlet], observers: tuple[Observer, ...]
) -> Run:
    run = Run(*made)
    async with create_task_group() as around:
        await around.start(_heed_signals, run)
        async with create_task_group() as showing:
            showing.start_soon(_show, run, _view(run))
            async with create_task_group() as following:
                with run.kill:
                    await _run_engine(run, (*observers, _into(run.feed)), following)
            run.feed.close()
        around.cancel_scope.cancel()
    return run


async def _run_engine(run: Run, observers: tuple[Observer, ...], following: TaskGroup) -> None:
    manifest = run.manifest
    engine = seedpod.Engine(
        run.executor,
        backoff=run.choices.backoff,
        restart_limit=run.choices.restart_limit,
        objects=(*manifest.config_maps, *manifest.secrets),
        observers=observers,
        directory=run.choices.directory,
        cancel_grace_seconds=0,  # the orderly way is a stop; a cancellation kills
    )
    try:
        async with engine:
            run.refusal = _refusal(run)
            if run.refusal is not None:
                return
            for pod in manifest:
                handle = engine.start_soon(pod)
                run.pods.append(handle)
                following.start_soon(_follow, run, handle)
            if run.ended_early is not None:
                _stop(run)  # the signal came before there was anything to stop
    except ExecutorError as error:
        if run.pods:
            raise
        run.refusal = error


def _refusal(run: Run) -> RefusedError | None:
    """What the executor cannot honour of the pods, now that it is open and knows more."""
    wrong = [
        f"Pod {pod.metadata.name}: {problem}"
        for pod in run.manifest
        for problem in seedpod.check(pod, run.executor)
    ]
    return RefusedError("\n".join(wrong)) if wrong else None


async def _follow(run: Run, handle: seedpod.RunningPod) -> None:
    """Pass on what the containers of a pod write, until it has ended."""
    async with handle.logs() as lines:
        async for line in lines:
            await run.feed.room()
            run.feed.put(Item(line.time, handle.pod, line))


async def _show(run: Run, view: View) -> None:
    """Write what there is to see; if nobody looks any more, stop the pods."""
    try:
        while not run.feed.is_over:
            data = view.render(await run.feed.batch(view.refresh_seconds))
            if data:
                await run.outlet.write(data)
    except OSError as error:
        run.feed.discard()
        has_gone = isinstance(error, BrokenPipeError)
        if not has_gone:
            _complain(f"cannot write the output: {error.strerror}")
        if run.ended_early is None:
            run.ended_early = 128 + signal.SIGPIPE if has_gone else 1
            _stop(run)


async def _heed_signals(run: Run, *, task_status: anyio.abc.TaskStatus[None]) -> None:
    """The first signal stops the pods in order, the second kills them."""
    with anyio.open_signal_receiver(*_SIGNALS) as signals:
        task_status.started()
        async for number in signals:
            if run.ended_early is None:
                run.ended_early = 128 + number
                again = "Ctrl-C again" if number == signal.SIGINT else "a second signal"
                _notice(run, f"stopping: up to {_longest_grace(run):g} s; {again} kills")
                _stop(run)
            else:
                _notice(run, "killing")
                run.kill.cancel()


def _stop(run: Run) -> None:
    for pod in run.pods:
        pod.stop_soon(run.choices.grace)


def _longest_grace(run: Run) -> float:
    if run.choices.grace is not None:
        return max(1.0, run.choices.grace)
    return max((seedpod.plan(pod).grace_period_seconds for pod in run.manifest), default=0.0)


def _notice(run: Run, text: str) -> None:
    """Tell the person at the terminal; a program that reads the output is not bothered."""
    if run.outlet.is_terminal and not run.choices.is_quiet:
        run.feed.put(Item(float("inf"), None, Notice(text)))
    else:
        _complain(text)


def _complain(text: str) -> None:
    try:
        os.write(sys.stderr.fileno(), f"seedpod: {text}\n".encode())
    except OSError:
        pass


def _view(run: Run) -> View:
    has_many_pods = len(run.manifest) > 1
    if run.outlet.is_terminal and not run.choices.is_quiet:
        from seedpod.cli.screen import Screen

        return Screen(run.pods, has_many_pods=has_many_pods, fd=run.outlet.fd)
    return PlainView(has_many_pods=has_many_pods, is_quiet=run.choices.is_quiet)


def _into(feed: Feed) -> Observer:
    def put(pod: Pod, event: Event) -> None:
        feed.put(Item(event.time, pod, event))

    return put


def _warn_of_what_has_no_effect(manifest: seedpod.Manifest) -> None:
    for name, paths in manifest.without_effect.items():
        click.echo(f"seedpod: pod {name}: without effect here: {', '.join(paths)}", err=True)


def _result(pods: list[seedpod.RunningPod], output: str) -> str:
    """The pods with their status: one as it is, several as a List."""
    final = [seedpod.with_status(handle.pod, handle.status) for handle in pods]
    if output == "json":
        return seedpod.dump(final, "json")
    return seedpod.dump(final)
