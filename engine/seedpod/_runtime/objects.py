"""The ConfigMaps and Secrets an engine knows, and who waits for them to appear."""

from __future__ import annotations

import attrs
from anyio import Event as Wakeup
from anyio import move_on_after

from seedpod.spec import ConfigMap, Secret

RETRY_SECONDS = 10.0
"""Source: kubelet, the wait after a sync that failed."""


@attrs.define(eq=False)
class Objects:
    """ConfigMaps and Secrets by namespace and name; the newest of a name counts."""

    _config_maps: dict[tuple[str, str], ConfigMap] = attrs.field(
        factory=dict[tuple[str, str], ConfigMap]
    )
    _secrets: dict[tuple[str, str], Secret] = attrs.field(factory=dict[tuple[str, str], Secret])
    _wakeup: Wakeup | None = None

    def apply(self, *objects: ConfigMap | Secret) -> None:
        """Add or replace objects, and wake whoever waits for one."""
        for each in objects:
            key = (each.metadata.namespace or "default", each.metadata.name)
            if isinstance(each, ConfigMap):
                self._config_maps[key] = each
            else:
                self._secrets[key] = each
        wakeup, self._wakeup = self._wakeup, None
        if wakeup is not None:
            wakeup.set()

    def config_map(self, namespace: str, name: str) -> ConfigMap | None:
        """The ConfigMap of this name, if there is one."""
        return self._config_maps.get((namespace, name))

    def secret(self, namespace: str, name: str) -> Secret | None:
        """The Secret of this name, if there is one."""
        return self._secrets.get((namespace, name))

    async def changed(self) -> None:
        """Wait until an object is added or replaced, or it is time to look again anyway.

        What is missing need not be an object: a directory of the host, a file in a volume.

        Cancellation: stops waiting and changes nothing.
        """
        if self._wakeup is None:
            self._wakeup = Wakeup()
        with move_on_after(RETRY_SECONDS):
            await self._wakeup.wait()
