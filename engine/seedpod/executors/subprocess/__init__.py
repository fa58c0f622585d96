"""Runs each container as a process of the host, on the host's own files: the default executor."""

from __future__ import annotations

from seedpod.executors.subprocess._executor import SubprocessExecutor as SubprocessExecutor
