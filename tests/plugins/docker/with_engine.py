"""Run a command with an engine of its own, which has the images of the tests.

    python -m tests.plugins.docker.with_engine (docker | podman) COMMAND...

The command finds the engine by `DOCKER_HOST`; its exit code is passed on.
"""

from __future__ import annotations

import os
import subprocess
import sys

from tests.plugins.docker.engine import KINDS, Kind
from tests.plugins.docker.engines import engine_of
from tests.plugins.docker.images import PYTHON, SMALL_IMAGES, load_image


def main() -> None:
    """Start the engine, run the command, leave nothing of the engine."""
    wanted, *command = sys.argv[1:]
    kinds: dict[str, Kind] = {kind: kind for kind in KINDS}
    with engine_of(kinds[wanted]) as engine:
        for image in (*SMALL_IMAGES, PYTHON):
            load_image(engine, image)
        done = subprocess.run(command, env=os.environ | {"DOCKER_HOST": engine.url}, check=False)
    sys.exit(done.returncode)


if __name__ == "__main__":
    main()
