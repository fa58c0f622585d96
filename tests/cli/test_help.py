"""Help, version and completion."""

from __future__ import annotations

from importlib.metadata import version

import pytest

from seedpod.cli import main
from tests.cli.shell import seedpod


def test_the_command_alone_prints_its_help() -> None:
    ran = seedpod()
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "Usage: seedpod" in ran.stdout
    assert all(
        f"\n  {command} " in ran.stdout for command in ("run", "check", "sweep", "completion")
    )


def test_the_version_is_that_of_the_distribution() -> None:
    ran = seedpod("--version")
    assert (ran.returncode, ran.stdout) == (0, f"seedpod {version('seedpod')}\n")


@pytest.mark.parametrize("command", [[], ["run"], ["check"], ["sweep"], ["completion"]])
def test_every_help_text_has_an_example(
    command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*command, "--help"]) == 0
    shown = capsys.readouterr().out
    assert "Example" in shown
    assert "\n    seedpod " in shown or "eval" in shown


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_there_is_a_completion_script(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", shell]) == 0
    assert f"_SEEDPOD_COMPLETE={shell}_complete" in capsys.readouterr().out
