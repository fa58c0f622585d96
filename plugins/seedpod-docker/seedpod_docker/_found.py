"""What an earlier engine has left of a pod, read off the labels of its containers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import attrs

from seedpod.spec import Container, Pod
from seedpod.status import (
    ContainerState,
    FoundContainer,
    FoundPod,
    FoundSandbox,
    Running,
    Terminated,
    Waiting,
)
from seedpod_docker._api import Api
from seedpod_docker._container import termination_of
from seedpod_docker._labels import (
    ATTEMPT,
    CONTAINER,
    INCARNATION,
    POD_UID,
    SANDBOX,
    SPEC,
    spec_mark,
)
from seedpod_docker._lookup import inspected, labelled


@attrs.frozen
class Left:
    """One container, as `GET /containers/ID/json` shows it."""

    known: Mapping[str, Any]

    @property
    def id(self) -> str:
        """Its id."""
        return str(self.known["Id"])

    @property
    def labels(self) -> Mapping[str, str]:
        """Its labels."""
        labels: Mapping[str, str] = self.known["Config"].get("Labels") or {}
        return labels

    @property
    def name(self) -> str:
        """Of the container in its pod; empty for the one that holds the namespaces."""
        return self.labels.get(CONTAINER, "")

    @property
    def sandbox(self) -> int:
        """The number of its sandbox."""
        return int(self.labels.get(SANDBOX, "0"))

    @property
    def attempt(self) -> int:
        """The number of its attempt."""
        return int(self.labels.get(ATTEMPT, "0"))

    @property
    def incarnation(self) -> str:
        """Which life of the pod it belongs to."""
        return self.labels.get(INCARNATION, "")

    @property
    def is_running(self) -> bool:
        """Whether it runs."""
        return bool(self.known["State"]["Running"])

    @property
    def addresses(self) -> tuple[str, ...]:
        """Where it is reached."""
        return addresses_of(self.known)

    def state(self) -> ContainerState:
        """As the status shows it."""
        state = self.known["State"]
        began, ended = moment(state.get("StartedAt", "")), moment(state.get("FinishedAt", ""))
        if self.is_running and began is not None:
            return Running(began)
        if state.get("Status") in {"created", "configured", "initialized"}:
            return Waiting()
        end = termination_of(state)
        return Terminated(
            exit_code=end.exit_code,
            reason=end.reason or ("Error" if end.exit_code else "Completed"),
            message=end.message,
            started_at=began,
            finished_at=ended,
            container_id=f"docker://{self.id}",
        )


async def left_of(api: Api, uid: str) -> Sequence[Left]:
    """All there is of the pod of this uid, the newest first.

    Cancellation: nothing is undone.

    Raises:
        UnreachableError: The engine does not answer.
        ApiError: It refuses.
    """
    found: list[Left] = []
    for each in await labelled(api, f"{POD_UID}={uid}"):
        known = await inspected(api, each["Id"])
        if known is not None:
            found.append(Left(known))
    return sorted(found, key=lambda each: (each.sandbox, each.attempt), reverse=True)


def found_pod(pod: Pod, left: Sequence[Left]) -> FoundPod | None:
    """The same as the engine is told it; None if there is nothing."""
    if not left:
        return None
    sandboxes = [each for each in left if not each.name]
    newest = sandboxes[0].sandbox if sandboxes else -1
    return FoundPod(
        sandboxes=tuple(_sandbox(each) for each in sandboxes),
        containers=tuple(_containers(pod, left, newest)),
    )


def addresses_of(known: Mapping[str, Any]) -> tuple[str, ...]:
    """The addresses of a container, from what `GET /containers/ID/json` shows."""
    networks: Mapping[str, Any] = known["NetworkSettings"].get("Networks") or {}
    found = [
        address
        for network in networks.values()
        for address in (network.get("IPAddress"), network.get("GlobalIPv6Address"))
    ]
    return tuple(address for address in found if address)


def moment(text: str) -> datetime | None:
    """A time as an engine writes it; None for the one that means never."""
    return None if not text or text.startswith("0001-") else datetime.fromisoformat(text)


def _sandbox(each: Left) -> FoundSandbox:
    has_host_network = each.known["HostConfig"].get("NetworkMode") == "host"
    return FoundSandbox(
        is_ready=each.is_running,
        attempt=each.sandbox,
        has_host_network=has_host_network,
        ip=next(iter(each.addresses), ""),
    )


def _containers(pod: Pod, left: Sequence[Left], newest: int) -> Iterator[FoundContainer]:
    specs: dict[str, Container] = {
        each.name: each for each in (*pod.spec.init_containers, *pod.spec.containers)
    }
    for each in left:
        spec = specs.get(each.name)
        if spec is not None:
            yield FoundContainer(
                name=each.name,
                attempt=each.attempt,
                state=each.state(),
                container_id=f"docker://{each.id}",
                image_id=str(each.known.get("Image") or ""),
                has_other_spec=each.labels.get(SPEC) != spec_mark(spec),
                is_in_newest_sandbox=each.sandbox == newest,
            )
