"""The files a private Podman is configured by."""

from __future__ import annotations

import json
from pathlib import Path

_CONTAINERS = """\
[containers]
default_ulimits = ["nofile=20000:20000", "nproc=20000:20000"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
[network]
network_backend = "cni"
network_config_dir = "{directory}/networks"
"""

# Podman, unlike Docker, takes plain HTTP from nobody who is not named.
_REGISTRIES = """\
[[registry]]
location = "127.0.0.1"
insecure = true
"""


def write_podman_files(directory: Path, bridge: str, subnet: str) -> dict[str, str]:
    """Write them; what the environment says of them is returned.

    Without `firewall` and masquerading: containers reach one another and this machine only.
    """
    network = {
        "cniVersion": "0.4.0",
        "name": "podman",
        "plugins": [
            {
                "type": "bridge",
                "bridge": bridge,
                "isGateway": True,
                "hairpinMode": True,
                "ipam": {
                    "type": "host-local",
                    "dataDir": f"{directory}/addresses",
                    "routes": [{"dst": "0.0.0.0/0"}],
                    "ranges": [[{"subnet": subnet}]],
                },
            },
            {"type": "portmap", "capabilities": {"portMappings": True}},
            {"type": "tuning"},
        ],
    }
    networks = directory / "networks"
    networks.mkdir()
    (networks / "podman.conflist").write_text(json.dumps(network))
    (directory / "containers.conf").write_text(_CONTAINERS.format(directory=directory))
    (directory / "registries.conf").write_text(_REGISTRIES)
    return {
        "CONTAINERS_CONF": f"{directory}/containers.conf",
        "CONTAINERS_REGISTRIES_CONF": f"{directory}/registries.conf",
    }
