"""What a real kubelet reported for a scenario: its last status, how it came to it, its events.

A record holds the final `.status`, the sequence of statuses before it in a reduced form (one entry
for each that was seen), and the reasons of the events. Each scenario ran several times; where the
runs differed, each of their sequences is as legitimate as the others.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

import attrs

Entry: TypeAlias = Mapping[str, Any]
"""A status in its reduced form."""


@attrs.frozen(kw_only=True)
class GoldenRecord:
    """The record of one scenario."""

    status: Mapping[str, Any]
    events: tuple[Mapping[str, Any], ...]
    """Each with its reason, and perhaps the container it is about, and its message."""
    sequences: tuple[tuple[Entry, ...], ...]
    """The statuses of each run, in order, reduced; the first is the run that `status` is of."""

    @classmethod
    def read(cls, path: Path) -> GoldenRecord:
        """The record in a file."""
        content = json.loads(path.read_text())
        others = content["runs"].get("other_sequences") or ()
        return cls(
            status=content["status"],
            events=tuple(content["events"]),
            sequences=tuple(
                tuple(_without_times(entry) for entry in sequence)
                for sequence in (content["timeline"], *others)
            ),
        )

    @property
    def backing_off(self) -> frozenset[str]:
        """The containers that had to wait: how often they ran is a matter of time."""
        return frozenset(
            event["container"]
            for event in self.events
            if event["reason"] == "BackOff" and event.get("container")
        )

    @property
    def reasons(self) -> frozenset[str]:
        """Of all events."""
        return frozenset(event["reason"] for event in self.events)


def records_in(folder: Path) -> dict[str, GoldenRecord]:
    """The records of a folder, by scenario."""
    return {path.stem: GoldenRecord.read(path) for path in sorted(folder.glob("*.json"))}


def reduced(status: Mapping[str, Any]) -> Entry:
    """A status in the form of an entry of a sequence."""
    entry = {key: status[key] for key in ("phase", "reason", "message") if status.get(key)}
    entry["conditions"] = {
        each["type"]: f"{each['status']} {each.get('reason') or ''}".rstrip()
        for each in status.get("conditions") or ()
    }
    entry["init"] = [_container(each) for each in status.get("initContainerStatuses") or ()]
    entry["containers"] = [_container(each) for each in status.get("containerStatuses") or ()]
    return entry


def containers_of(entry: Entry) -> dict[str, Any]:
    """The containers of an entry, of any kind, by name."""
    return {each["name"]: each for each in (*entry["init"], *entry["containers"])}


def pod_of(entry: Entry) -> Entry:
    """What an entry says of the pod as a whole."""
    return {key: entry.get(key) for key in ("phase", "reason", "message", "conditions")}


def _container(status: Mapping[str, Any]) -> dict[str, Any]:
    [(state, facts)] = status["state"].items()
    last = (status.get("lastState") or {}).get("terminated")
    made = {
        "name": status["name"],
        "state": state,
        "reason": facts.get("reason"),
        "exitCode": facts.get("exitCode"),
        "started": status.get("started"),
        "ready": status.get("ready", False),
        "restartCount": status.get("restartCount", 0),
        "last": last and f"{last.get('exitCode', 0)} {last.get('reason', '')}".rstrip(),
    }
    return {key: value for key, value in made.items() if value is not None}


def _without_times(entry: Entry) -> Entry:
    left_out = {"t", "deleting", "deletionGracePeriodSeconds", "deleted"}
    return {key: value for key, value in entry.items() if key not in left_out}
