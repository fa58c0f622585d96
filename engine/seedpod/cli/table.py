"""The table of containers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import attrs
from rich.table import Table
from rich.text import Text

import seedpod
from seedpod import events
from seedpod.cli.story import kind_of, pod_name
from seedpod.cli.words import fetched, seconds
from seedpod.events import ContainerEvent, Event
from seedpod.spec import Pod
from seedpod.status import ContainerStatus, Running, Terminated, Waiting

_COLUMNS: Final = ("POD", "KIND", "NAME", "STATE", "READY", "RESTARTS", "AGE", "WAITS FOR")
_WIDTH_FOR: Final = {"KIND": 60, "AGE": 70, "READY": 50}
"""How many columns a terminal must have for these to be shown."""
_TURNS: Final = (
    events.ContainerFound,
    events.ContainerImagePulling,
    events.ContainerImagePulled,
    events.ContainerStarting,
    events.ContainerStarted,
    events.ContainerStartAborted,
    events.ContainerWaiting,
    events.ContainerKilled,
    events.ContainerExited,
    events.ContainerGaveUp,
)
"""After these a container waits for something else than before; what probes say is none."""


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
    def interest(self) -> int:
        """How soon it gives way where there is no room for all; the lowest stays longest."""
        if self.state == "Completed":
            return 2
        return int(self.ready == "yes")


class Expectations:
    """What each container waits for: known from the plan of its pod, and from the last event."""

    def __init__(self) -> None:
        self._until: dict[tuple[str, str], tuple[str, float]] = {}
        self._pulls: dict[tuple[str, str], str] = {}
        self._before: dict[str, dict[str, str]] = {}

    def heed(self, pod: Pod, event: Event) -> None:
        """Learn from *event* what its container, or every one of its pod, waits for now."""
        uid = pod.metadata.uid
        if isinstance(event, events.PodStopping):
            self._before[uid] = {}  # from here on nothing is started
            for known in (self._until, self._pulls):
                for key in [key for key in known if key[0] == uid]:
                    del known[key]
        elif isinstance(event, ContainerEvent):
            self._heed_container((uid, event.container), event)

    def _heed_container(self, key: tuple[str, str], event: ContainerEvent) -> None:
        if isinstance(event, _TURNS):
            self._until.pop(key, None)
            self._pulls.pop(key, None)
        match event:
            case events.ContainerImagePulling():
                self._pulls[key] = "pulling its image"
            case events.ContainerImagePullProgressed(received_bytes=received, total_bytes=total):
                self._pulls[key] = f"pulling {fetched(received, total)}"
            case events.ContainerWaiting(until=float() as until):
                self._until[key] = ("starts again in", until)
            case events.ContainerStopping() | events.ContainerSignalled():
                self._until[key] = ("killed in", event.deadline)
            case _:
                pass

    def of(self, pod: Pod, status: ContainerStatus, now: float) -> str:
        """What this container waits for, in words; empty for nothing."""
        until = self._until.get((pod.metadata.uid, status.name))
        if until is not None:
            left = seconds(float(max(0, round(until[1] - now)))).replace(".0", "")
            return f"{until[0]} {left}"
        pull = self._pulls.get((pod.metadata.uid, status.name))
        if pull is not None:
            return pull
        if not isinstance(status.state, Waiting):
            return ""
        if status.state.reason not in {"", "PodInitializing", "ContainerCreating"}:
            return "" if self._before.get(pod.metadata.uid) == {} else status.state.message
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


def table(rows: Sequence[TableRow], *, has_many_pods: bool, height: int, width: int) -> Table:
    """The rows as a table of at most *height* lines.

    Containers that have ended well give way first, and on a narrow terminal some columns do.
    """
    made = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    names = [name for name in _COLUMNS if width >= _WIDTH_FOR.get(name, 0)]
    if not has_many_pods:
        names.remove("POD")
    if not any(row.waits_for for row in rows):
        names.remove("WAITS FOR")
    for name in names:
        made.add_column(name, no_wrap=True, overflow="ellipsis")
    shown = _fitting(rows, height - 1)
    for row in shown:
        cells = _cells(row)
        made.add_row(*(cells[name] for name in names))
    hidden = Text(f"and {len(rows) - len(shown)} more", style="dim")
    if len(shown) < len(rows):
        made.add_row(*(hidden if name == "NAME" else "" for name in names))
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
    first = sorted(rows, key=lambda row: row.interest)[:room]
    chosen = set(map(id, first))
    return [row for row in rows if id(row) in chosen]


def _cells(row: TableRow) -> dict[str, Text]:
    return {
        "POD": Text(row.pod),
        "KIND": Text(row.kind, style="dim"),
        "NAME": Text(row.name),
        "STATE": Text(row.state, style=row.style),
        "READY": Text(row.ready, style="green" if row.ready == "yes" else "dim"),
        "RESTARTS": Text(row.restarts, style="yellow" if row.restarts != "0" else "dim"),
        "AGE": Text(row.age),
        "WAITS FOR": Text(row.waits_for, style="dim"),
    }
