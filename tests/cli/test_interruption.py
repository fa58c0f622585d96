"""Ctrl-C, SIGTERM, and a reader that has gone."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

from tests.cli.shell import COMMAND, environment, pod, started, write_pod

_POLITE = "trap 'echo bye; exit 0' TERM; echo armed; while :; do sleep 0.05; done"
_STUBBORN = "trap '' TERM; echo armed; while :; do sleep 0.05; done"


def test_the_first_ctrl_c_stops_in_order(tmp_path: Path, backend: str) -> None:
    file = write_pod(tmp_path, pod(web=_POLITE))
    with started("run", file, "--backend", backend) as run:
        run.until("web | armed")
        run.signal(signal.SIGINT)
        assert run.finish() == 130
    assert run.errors == "seedpod: stopping: up to 30 s; Ctrl-C again kills\n"
    assert "web | bye" in run.out
    assert "app web: exited 0" in run.out


def test_the_second_ctrl_c_kills(tmp_path: Path, backend: str) -> None:
    file = write_pod(tmp_path, pod(web=_STUBBORN))
    with started("run", file, "--backend", backend) as run:
        run.until("web | armed")
        run.signal(signal.SIGINT)
        run.until("app web: stopping (SIGTERM)")
        run.signal(signal.SIGINT)
        assert run.finish() == 130
    assert run.errors.endswith("seedpod: killing\n")
    assert "pod demo: stopping: within 0 s" in run.out
    assert "app web: exited 137" in run.out
    assert "Traceback" not in run.errors


def test_sigterm_stops_in_order(tmp_path: Path, backend: str) -> None:
    file = write_pod(tmp_path, pod(web=_POLITE))
    with started("run", file, "--grace", "7", "--backend", backend) as run:
        run.until("web | armed")
        run.signal(signal.SIGTERM)
        assert run.finish() == 143
    assert run.errors == "seedpod: stopping: up to 7 s; a second signal kills\n"
    assert "web | bye" in run.out


def test_the_grace_period_asked_for_counts(tmp_path: Path) -> None:
    with started("run", write_pod(tmp_path, pod(web=_STUBBORN)), "--grace", "1") as run:
        run.until("web | armed")
        run.signal(signal.SIGINT)
        assert run.finish() == 130
    assert "app web: killed: it had not ended in time" in run.out


def test_a_reader_that_has_gone_ends_the_run_quietly(tmp_path: Path, backend: str) -> None:
    chatty = "trap 'touch gone; exit 0' TERM; while :; do echo more; sleep 0.02; done"
    file = write_pod(tmp_path, pod(web=chatty))
    command = [*COMMAND, "run", str(file), "--backend", backend, "--isolation", "none"]
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command, stdout=pipe, stderr=pipe, env=environment(), cwd=tmp_path
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.wait(60) == 141
        assert process.stderr.read() == b""
    assert (tmp_path / "gone").exists()  # it was asked, not killed


def test_a_reader_that_does_not_read_holds_up_nothing(tmp_path: Path, backend: str) -> None:
    # A pipe holds 64 KiB; what the container writes does not fit.
    file = write_pod(
        tmp_path, pod(web="head -c 300000 /dev/zero | tr '\\0' x | fold -w 100; echo; echo last")
    )
    events = tmp_path / "events"
    os.mkfifo(events)
    with started("run", file, "--events", events, "--backend", backend) as run:
        with events.open() as record:
            assert any("PodFinished" in line for line in record)
        assert run.finish() == 0
    assert "web | last" in run.out
