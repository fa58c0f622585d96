"""An executor whose containers are those of a Docker Engine, or of Podman's compatible socket.

async with seedpod.Engine(seedpod.find_executor("docker")) as engine: ...
"""

from __future__ import annotations

from seedpod_docker._executor import DockerExecutor

__all__ = ["DockerExecutor"]
