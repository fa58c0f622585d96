"""Why a container has no system call filter to run under."""

from __future__ import annotations

from pathlib import Path

from seedpod.errors import Problem


class SeccompError(Exception):
    """A profile cannot be compiled here; the sentence says why."""


class ProfileError(SeccompError):
    """A profile's file is missing, or not a profile this executor can follow."""

    def __init__(self, file: Path, problem: Problem) -> None:
        self.file = file
        self.problem = problem
        """Its path is the one in the document: `syscalls[2].args[0].op`; empty for all of it."""
        super().__init__(f"seccomp profile {file}: {problem}")
