"""An executor as a plugin brings it: installed in a directory, and found by its entry point."""

from __future__ import annotations

from pathlib import Path

_MODULE = '''
"""Runs nothing; leaves, and finds, what `leftovers.json` lists."""

import json
from pathlib import Path

from seedpod.abc import Leftover
from seedpod.errors import ExecutorError
from seedpod.testing import FakeExecutor, exits

_FILE = Path(__file__).with_name("leftovers.json")
_SEEN = Path(__file__).with_name("seen.json")


class Leaving(FakeExecutor):
    name = "leaving"

    def __init__(self, *, keep="none", host=""):
        super().__init__({"web": exits(0)})
        self.host = host

    def open_pod(self, pod):
        _SEEN.write_text(json.dumps([str(each) for each in pod.directories]))
        return super().open_pod(pod)

    async def sweep(self, *, kept=False, dry_run=False):
        if self.host:
            raise ExecutorError(self.name, f"nobody answers at {self.host}")
        found = [Leftover(**each) for each in json.loads(_FILE.read_text())]
        swept = [each for each in found if kept or not each.is_kept]
        if not dry_run:
            left = [each for each in found if each not in swept]
            _FILE.write_text(json.dumps([_plain(each) for each in left]))
        return swept


def _plain(each):
    return {"name": each.name, "owner": each.owner, "is_kept": each.is_kept}
'''
_LEFTOVERS = """[
  {"name": "container web of pod default/shop", "owner": "process 4711, which has ended"},
  {"name": "sandbox of pod default/bank", "owner": "process 12, which has ended", "is_kept": true}
]"""


def install(directory: Path) -> None:
    """Put it where Python will find it, once *directory* is among its paths."""
    (directory / "leaving.py").write_text(_MODULE)
    (directory / "leftovers.json").write_text(_LEFTOVERS)
    metadata = directory / "leaving-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: leaving\nVersion: 1.0\n")
    declared = "[seedpod.executors]\nleaving = leaving:Leaving\n"
    (metadata / "entry_points.txt").write_text(declared)
