"""Pods and objects in few words, for the tests of what refers to objects."""

from __future__ import annotations

import attrs

from seedpod.spec import ConfigMap, ObjectMeta, Secret


@attrs.frozen
class Known:
    """ConfigMaps and Secrets by name, all in the namespace `default`."""

    config_maps: dict[str, ConfigMap] = attrs.field(factory=dict[str, ConfigMap])
    secrets: dict[str, Secret] = attrs.field(factory=dict[str, Secret])

    def config_map(self, namespace: str, name: str) -> ConfigMap | None:
        return self.config_maps.get(name) if namespace == "default" else None

    def secret(self, namespace: str, name: str) -> Secret | None:
        return self.secrets.get(name) if namespace == "default" else None


NOTHING = Known()
SETTINGS = Known({"settings": ConfigMap(data={"color": "red", "size": "9"})})
KEYS = Known(secrets={"keys": Secret(data={"token": b"hunter2", "raw": b"\xff\x00"})})
META = ObjectMeta(name="web", namespace="default", uid="u-1", labels={"app": "web"})
