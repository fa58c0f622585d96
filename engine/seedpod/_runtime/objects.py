"""The ConfigMaps and Secrets an engine knows, and who waits for them to appear or change."""

from __future__ import annotations

from collections.abc import Iterator

import attrs
from anyio import Event as Wakeup
from anyio import move_on_after

from seedpod.errors import ABSENT, Problem, ProblemKind, SpecError
from seedpod.spec import ConfigMap, Secret

RETRY_SECONDS = 10.0
"""Source: kubelet, the wait after a sync that failed."""


@attrs.define(eq=False)
class Objects:
    """ConfigMaps and Secrets by namespace and name; the newest of a name counts."""

    version: int = 0
    """How many times objects were added or replaced."""
    _config_maps: dict[tuple[str, str], ConfigMap] = attrs.field(
        factory=dict[tuple[str, str], ConfigMap]
    )
    _secrets: dict[tuple[str, str], Secret] = attrs.field(factory=dict[tuple[str, str], Secret])
    _wakeup: Wakeup | None = None

    def apply(self, *objects: ConfigMap | Secret) -> None:
        """Add or replace objects, all or none, and wake whoever waits for one.

        Raises:
            SpecError: One of them is immutable, and was to be changed.
        """
        problems = [problem for each in objects for problem in self._against(each)]
        if problems:
            raise SpecError(problems)
        for each in objects:
            if isinstance(each, ConfigMap):
                self._config_maps[_key(each)] = each
            else:
                self._secrets[_key(each)] = each
        self.version += 1
        wakeup, self._wakeup = self._wakeup, None
        if wakeup is not None:
            wakeup.set()

    def config_map(self, namespace: str, name: str) -> ConfigMap | None:
        """The ConfigMap of this name, if there is one."""
        return self._config_maps.get((namespace, name))

    def secret(self, namespace: str, name: str) -> Secret | None:
        """The Secret of this name, if there is one."""
        return self._secrets.get((namespace, name))

    def has_secret_in(self, text: str) -> bool:
        """Whether something that a Secret holds is part of *text*."""
        data = text.encode()
        values = (each for secret in self._secrets.values() for each in secret.data.values())
        return any(value in data for value in values if value)

    async def changed(self) -> None:
        """Wait until an object is added or replaced, or it is time to look again anyway.

        What is missing need not be an object: a directory of the host, a file in a volume.

        Cancellation: stops waiting and changes nothing.
        """
        with move_on_after(RETRY_SECONDS):
            await self.applied()

    async def applied(self) -> None:
        """Wait until an object is added or replaced.

        Cancellation: stops waiting and changes nothing.
        """
        if self._wakeup is None:
            self._wakeup = Wakeup()
        await self._wakeup.wait()

    def _against(self, new: ConfigMap | Secret) -> Iterator[Problem]:
        """What forbids *new* in the place of the object of its name.

        Source: Kubernetes, ValidateConfigMapUpdate and ValidateSecretUpdate.
        """
        known = self._config_maps if isinstance(new, ConfigMap) else self._secrets
        old = known.get(_key(new))
        if old is None or not old.immutable:
            return
        where = f"{new.kind} {new.metadata.name}"
        if not new.immutable:
            wanted = "must stay true: an immutable object stays as it is"
            yield Problem(f"{where}: immutable", ProblemKind.FORBIDDEN, new.immutable, wanted)
        has_other_binaries = (
            isinstance(new, ConfigMap)
            and isinstance(old, ConfigMap)
            and new.binary_data != old.binary_data
        )
        if new.data != old.data or has_other_binaries:
            wanted = "must not change: the object is immutable"
            yield Problem(f"{where}: data", ProblemKind.FORBIDDEN, ABSENT, wanted)


def _key(thing: ConfigMap | Secret) -> tuple[str, str]:
    return thing.metadata.namespace or "default", thing.metadata.name
