"""What is known of a container from its image and its manifest, before it runs."""

from __future__ import annotations

from collections.abc import Mapping
from signal import Signals
from typing import Any, Final

import attrs

from seedpod.abc import ContainerPlan, WorkloadDescription
from seedpod.deriving import EffectiveSecurity, effective_security
from seedpod.spec import Pod
from seedpod.status import ContainerUser, LinuxContainerUser

_ROOT: Final = frozenset({"", "root"})
_FIRST_REAL_TIME: Final = 34
_LAST_REAL_TIME: Final = 64
_COUNTED_UP: Final = 15
"""So many real-time signals are called after the first; those that follow, after the last."""


@attrs.frozen(kw_only=True)
class ImageFacts:
    """What the engine has said of an image."""

    id: str = ""
    digest: str = ""
    """By which anybody could fetch it: `docker.io/library/web@sha256:...`; empty: nobody could."""
    user: str = ""
    """`uid`, `name`, or either with a group after a colon; empty: root."""
    stop_signal: str = ""

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> ImageFacts:
        """From what `GET /images/NAME/json` answers."""
        config: Mapping[str, Any] = told.get("Config") or {}
        digests = told.get("RepoDigests") or ("",)
        return cls(
            id=told.get("Id") or "",
            digest=digests[0],
            user=config.get("User") or "",
            stop_signal=_signal(str(config.get("StopSignal") or "")),
        )


def _signal(text: str) -> str:
    """A signal by its full name: an image may have it as `SIGQUIT`, `quit` or `3`."""
    if text.isdecimal():
        return _signal_of(int(text))
    name = text.upper()
    return f"SIG{name}" if name and not name.startswith("SIG") else name


def _signal_of(number: int) -> str:
    """Source: moby/sys, signal_linux.go: real-time signals are counted from both ends."""
    after, before = number - _FIRST_REAL_TIME, _LAST_REAL_TIME - number
    if 0 < after <= _COUNTED_UP:
        return f"SIGRTMIN+{after}"
    if 0 < before < _LAST_REAL_TIME - _FIRST_REAL_TIME - _COUNTED_UP:
        return f"SIGRTMAX-{before}"
    return next((each.name for each in Signals if each.value == number), "")


_UNKNOWN: Final = ImageFacts()


@attrs.frozen
class Described:
    """One container of a pod, and its image."""

    plan: ContainerPlan
    pod: Pod
    image: ImageFacts

    @property
    def problem(self) -> str:
        """Why it must not be started as it is; empty: it may be.

        Source: kubelet, verifyRunAsNonRoot.
        """
        security = self._security
        if not security.must_not_be_root:
            return ""
        user, _, _ = self.image.user.partition(":")
        uid = _uid(user)
        if security.user is not None:
            why = "" if security.user else "container's runAsUser breaks non-root policy"
        elif uid == 0:
            why = "container has runAsNonRoot and image will run as root"
        elif uid is None:
            why = (
                f"container has runAsNonRoot and image has non-numeric user ({user}), "
                "cannot verify user is non-root"
            )
        else:
            why = ""
        return f"{why} ({self._where})" if why else ""

    def of(self, container_id: str) -> WorkloadDescription:
        """What the status shows of the attempt that has this id."""
        linux = self._user()
        return WorkloadDescription(
            container_id=container_id,
            image_id=self.image.digest or self.image.id,
            user=None if linux is None else ContainerUser(linux=linux),
            stop_signal=self.image.stop_signal,
        )

    def _user(self) -> LinuxContainerUser | None:
        """Whom it runs as, if that can be known without looking into the image's files."""
        security = self._security
        user, _, group = self.image.user.partition(":")
        if security.user is not None:
            user, group = str(security.user), ""
        uid = _uid(user)
        if security.group is not None:
            gid: int | None = security.group
        elif group:
            gid = int(group) if group.isdecimal() else None
        else:
            gid = 0 if uid == 0 else None
        if uid is None or gid is None:
            return None
        groups = tuple(sorted({gid, *security.groups}))
        return LinuxContainerUser(uid=uid, gid=gid, supplemental_groups=groups)

    @property
    def _security(self) -> EffectiveSecurity:
        return effective_security(self.pod.spec, self.plan.spec)

    @property
    def _where(self) -> str:
        metadata = self.pod.metadata
        pod = f"{metadata.name}_{metadata.namespace}({metadata.uid})"
        return f'pod: "{pod}", container: {self.plan.name}'


def _uid(user: str) -> int | None:
    """The number of an image's user, which may be a name; None if only the image's files tell."""
    if user in _ROOT:
        return 0
    return int(user) if user.isdecimal() else None


def described(plan: ContainerPlan, pod: Pod, images: Mapping[str, ImageFacts]) -> Described:
    """A container of *pod*; *images*: what was found out, by name."""
    return Described(plan, pod, images.get(plan.spec.image, _UNKNOWN))
