"""The table of containers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import attrs
from rich.table import Table
from rich.text import Text

import seedpod
from seedpod import events
from seedpod.cli.story import kind_of, pod_name, seconds
from seedpod.events import ContainerEvent, Event
from seedpod.spec import Pod
from seedpod.status import ContainerStatus, Running, Terminated, Waiting

_COLUMNS: Final = ("KIND", "NAME", "STATE", "READY", "RESTARTS", "AGE")


@attrs.frozen
class TableRow:
    """One container."""

    pod: str
    kind: str
    name: str
    state: str
    style: str
    ready: str
    restarts: str
    age: str
    waits_for: str

    @property
    def is_over(self) -> bool:
        """Whether it is the less interesting sort: it has ended well."""
        return self.state == "Completed"


class Expectations:
    """What each container waits for: known from the plan of its pod, and from the last event."""

    def __init__(self) -> None:
        self._until: dict[tuple[str, str], tuple[str, float]] = {}
        self._before: dict[str, dict[str, str]] = {}

    def heed(self, pod: Pod, event: Event) -> None:
        """Learn from *event* what its container waits for now."""
        if not isinstance(event, ContainerEvent):
            return
        key = (pod.metadata.uid, event.container)
        self._until.pop(key, None)
        if isinstance(event, events.ContainerWaiting) and event.until is not None:
            self._until[key] = ("starts again in", event.until)
        elif isinstance(event, events.ContainerStopping):
            self._until[key] = ("killed in", event.deadline)

    def of(self, pod: Pod, status: ContainerStatus, now: float) -> str:
        """What this container waits for, in words; empty for nothing."""
        until = self._until.get((pod.metadata.uid, status.name))
        if until is not None:
            left = seconds(float(max(0, round(until[1] - now)))).replace(".0", "")
            return f"{until[0]} {left}"
        if not isinstance(status.state, Waiting):
            return ""
        if status.state.reason not in {"", "PodInitializing", "ContainerCreating"}:
            return status.state.message
        return self._plan(pod).get(status.name, "")

    def _plan(self, pod: Pod) -> dict[str, str]:
        uid = pod.metadata.uid
        if uid not in self._before:
            steps = seedpod.plan(pod).start
            self._before[uid] = {
                each.container: each.waits_for for each in steps if each.waits_for != "nothing"
            }
        return self._before[uid]


def rows(
    pods: Sequence[seedpod.RunningPod], expectations: Expectations, now: float
) -> list[TableRow]:
    """Every container of every pod, in the order of the manifests."""
    made: list[TableRow] = []
    for handle in pods:
        pod, status = handle.pod, handle.status
        for each in (*pod.spec.init_containers, *pod.spec.containers):
            found = status.container(each.name)
            if found is not None:
                made.append(_row(pod, found, expectations.of(pod, found, now), now))
    return made


def table(rows: Sequence[TableRow], *, has_many_pods: bool, height: int) -> Table:
    """The rows as a table of at most *height* lines.

    Containers that have ended well give way first.
    """
    made = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    columns = (("POD",) if has_many_pods else ()) + _COLUMNS
    for name in columns:
        made.add_column(name, no_wrap=True, overflow="ellipsis")
    if any(row.waits_for for row in rows):
        made.add_column("WAITS FOR", no_wrap=True, overflow="ellipsis", ratio=1)
    shown = _fitting(rows, height - 1)
    for row in shown:
        made.add_row(*_cells(row, has_many_pods=has_many_pods)[: len(made.columns)])
    hidden = len(rows) - len(shown)
    if hidden:
        blank = ("",) if has_many_pods else ()
        made.add_row(*blank, "", Text(f"and {hidden} more", style="dim"))
    return made


def _row(pod: Pod, status: ContainerStatus, waits_for: str, now: float) -> TableRow:
    state, style = _state(status)
    return TableRow(
        pod=pod_name(pod),
        kind=kind_of(pod, status.name),
        name=status.name,
        state=state,
        style=style,
        ready="yes" if status.ready else "no",
        restarts=str(status.restart_count),
        age=_age(status, now),
        waits_for=waits_for,
    )


def _state(status: ContainerStatus) -> tuple[str, str]:
    state = status.state
    if isinstance(state, Running):
        return "Running", "green"
    if isinstance(state, Terminated):
        if state.exit_code == 0:
            return state.reason or "Completed", "dim"
        return f"{state.reason} ({state.exit_code})", "red"
    return state.reason or "Waiting", "yellow"


def _age(status: ContainerStatus, now: float) -> str:
    """How long it has been running, or (if it has ended) ran."""
    state = status.state
    if isinstance(state, Running):
        return _short(now - state.started_at.timestamp())
    if isinstance(state, Terminated) and state.started_at and state.finished_at:
        return _short((state.finished_at - state.started_at).total_seconds())
    return ""


def _short(amount: float) -> str:
    whole = max(0, int(amount))
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}h{minutes}m"
    return f"{minutes}m{rest}s" if minutes else f"{rest}s"


def _fitting(rows: Sequence[TableRow], height: int) -> Sequence[TableRow]:
    if len(rows) <= height:
        return rows
    room = max(1, height - 1)  # one line says how many are not shown
    first = sorted(rows, key=lambda row: row.is_over)[:room]
    chosen = set(map(id, first))
    return [row for row in rows if id(row) in chosen]


def _cells(row: TableRow, *, has_many_pods: bool) -> list[Text]:
    cells = [
        Text(row.kind, style="dim"),
        Text(row.name),
        Text(row.state, style=row.style),
        Text(row.ready, style="green" if row.ready == "yes" else "dim"),
        Text(row.restarts, style="yellow" if row.restarts != "0" else "dim"),
        Text(row.age),
        Text(row.waits_for, style="dim"),
    ]
    return [Text(row.pod), *cells] if has_many_pods else cells


