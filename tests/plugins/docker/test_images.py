"""The images of the tests have what their names say, on each engine."""

from __future__ import annotations

from tests.plugins.docker.containers import inspect, output_of, remove, start
from tests.plugins.docker.engine import Engine
from tests.plugins.docker.images import (
    ENTRYPOINT,
    NAMED_USER,
    PYTHON,
    SMALL,
    STOP_SIGNAL,
    USER,
    WORKING_DIRECTORY,
)
from tests.plugins.docker.layers import debian_layer, small_layer


def test_an_image_is_the_same_each_time_it_is_made() -> None:
    assert small_layer() == small_layer()
    assert debian_layer() == debian_layer()


def test_the_small_image_has_a_shell_and_a_place_for_temporary_files(engine: Engine) -> None:
    assert output_of(engine, SMALL, "sh", "-c", "stat -c %a /tmp | tr 7 x") == "1xxx\n"


def test_an_image_has_an_entrypoint_and_arguments(engine: Engine) -> None:
    assert output_of(engine, ENTRYPOINT) == "entrypoint cmd\n"
    assert output_of(engine, ENTRYPOINT, "other") == "entrypoint other\n"


def test_an_image_names_its_user_by_number_or_by_name(engine: Engine) -> None:
    assert output_of(engine, USER, "sh", "-c", "id -u; id -g") == "1000\n1000\n"
    assert output_of(engine, NAMED_USER, "sh", "-c", "id -u; id -g") == "1000\n2000\n"


def test_an_image_has_a_working_directory(engine: Engine) -> None:
    assert output_of(engine, WORKING_DIRECTORY, "pwd") == "/work\n"


def test_an_image_has_a_stop_signal(engine: Engine) -> None:
    script = "trap 'exit 7' USR1; trap 'exit 15' TERM; echo ready; while :; do sleep 0.01; done"
    container = start(engine, STOP_SIGNAL, "sh", "-c", script)
    while b"ready" not in engine.call("GET", f"/containers/{container}/logs?stdout=1")[1]:
        pass
    engine.call("POST", f"/containers/{container}/stop?t=60")
    assert inspect(engine, container)["State"]["ExitCode"] == 7
    remove(engine, container)


def test_the_image_of_the_scenarios_has_their_programs(engine: Engine, python_image: str) -> None:
    script = (
        "date +%s.%N >/dev/null && readlink -f /bin/sh && ps -o args= -p 1 | cut -c 1-2 && "
        "python3 -c 'import ctypes, http.server, json, signal, socket, sqlite3, ssl; print(1)' && "
        "sleep 0 & wait $! && stat --format %a /tmp && hostname >/dev/null && "
        "ls --version | head -1"
    )
    written = output_of(engine, PYTHON, "sh", "-c", script).splitlines()
    assert written[:1] == ["/usr/bin/dash"]
    assert written[1:4] == ["sh", "1", "1777"]
    assert "GNU coreutils" in written[4]
    assert python_image == "docker.io/library/python:3.11-slim"
