"""What a run leaves behind is found, and its log is read where the engine keeps it."""

from __future__ import annotations

import os
import subprocess

from tests.conformance.stage import Stage
from tests.executors.views import has_views


def test_nothing_is_left_of_a_stage_that_was_not_used() -> None:
    with Stage.set_up() as stage:
        assert stage.left() == []
    assert not stage.directory.exists()


def test_files_and_processes_that_are_left_are_found() -> None:
    with Stage.set_up() as stage:
        (stage.mount_root / "data").symlink_to("/nowhere")
        (stage.volumes / "uid").mkdir()
        env = {"LIFECYCLE_DIR": str(stage.mount_root / "lifecycle")}
        with subprocess.Popen(["/bin/sleep", "60"], env=env) as left:
            found = stage.left()
            left.kill()
        assert found == [
            "left behind: root/data",
            "left behind: pods/uid",
            "left running: /bin/sleep 60 ",
        ]


def test_a_process_that_is_left_in_a_view_of_its_own_is_found() -> None:
    if not has_views():
        return
    with Stage.set_up() as stage:
        options = ("--ro-bind", "/", "/", "--bind", str(stage.volumes), "/tmp", "--chdir", "/tmp")
        command = ["bwrap", *options, "cat"]
        with subprocess.Popen(command, env={"PATH": os.defpath}, stdin=subprocess.PIPE) as left:
            while "left running: cat " not in stage.left():
                assert left.poll() is None
        assert stage.left() == []


def test_the_log_is_read_from_the_volume_of_its_name() -> None:
    with Stage.set_up() as stage:
        assert stage.lifecycle_log() == ""
        volume = stage.volumes / "uid" / "volumes" / "lifecycle"
        deeper = volume / "deeper" / "lifecycle"
        deeper.mkdir(parents=True)
        assert stage.lifecycle_log() == ""
        (volume / "lifecycle.log").write_text("1 a Started\n")
        (deeper / "lifecycle.log").write_text("1 b Started\n")
        assert stage.lifecycle_log() == "1 a Started\n"
