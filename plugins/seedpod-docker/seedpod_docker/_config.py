"""Docker's own settings, as the `docker` command keeps them: the directory, and JSON files in it.

Source: https://docs.docker.com/reference/cli/docker/#configuration-files.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import cast

from seedpod.errors import ExecutorError
from seedpod_docker._json import Table


def config_directory(environ: Mapping[str, str]) -> Path:
    """`$DOCKER_CONFIG`, else `~/.docker`; need not be there."""
    if chosen := environ.get("DOCKER_CONFIG"):
        return Path(chosen)
    home = environ.get("HOME")
    return (Path(home) if home else Path.home()) / ".docker"


def read_config(environ: Mapping[str, str]) -> Table:
    """What stands in `config.json`; empty if there is none.

    Raises:
        ExecutorError: The file cannot be read or is not a JSON object.
    """
    return read_object(config_directory(environ) / "config.json") or {}


def read_object(path: Path) -> Table | None:
    """The JSON object in the file; None if there is no such file.

    Raises:
        ExecutorError: It cannot be read or is not a JSON object.
    """
    try:
        found = json.loads(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise ExecutorError("docker", f"{path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise ExecutorError("docker", f"{path} is not JSON: {error}") from error
    if not isinstance(found, dict):
        raise ExecutorError("docker", f"{path} must hold a JSON object")
    return cast(Table, found)
