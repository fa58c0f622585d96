"""How a Python name is spelled in a v1 manifest: `host_ip` is `hostIP`."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

_IRREGULAR: Final = {
    "cluster_ip": "clusterIP",
    "cluster_ips": "clusterIPs",
    "container_id": "containerID",
    "downward_api": "downwardAPI",
    "host_ip": "hostIP",
    "host_ipc": "hostIPC",
    "host_ips": "hostIPs",
    "host_pid": "hostPID",
    "image_id": "imageID",
    "pod_ip": "podIP",
    "pod_ips": "podIPs",
    "scale_io": "scaleIO",
    "set_hostname_as_fqdn": "setHostnameAsFQDN",
}


@lru_cache(maxsize=1024)
def camel_case(name: str) -> str:
    """The v1 spelling of a snake_case *name*.

    Source: api/core/v1, the json tags.
    """
    irregular = _IRREGULAR.get(name)
    if irregular is not None:
        return irregular
    first, *rest = name.rstrip("_").split("_")
    return first + "".join(part.capitalize() for part in rest)
