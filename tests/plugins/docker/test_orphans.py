"""The program that removes what a dead process has left, asking engines that are none."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable
from http.client import HTTPConnection, HTTPSConnection
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

import attrs
import pytest

from seedpod_docker import _orphans
from seedpod_docker._address import TLS, Address
from tests.plugins.docker.certificates import CLIENT, HOST, engine, shake_hands
from tests.plugins.docker.fake_engine import Asked, answer_json, head, served

OWNER: Final = "1/2/3/boot/machine"


@attrs.define(eq=False)
class Containers:
    """An engine that has some containers, and makes more while it is asked."""

    here: list[str] = attrs.field(factory=list[str])
    later: dict[int, str] = attrs.field(factory=dict[int, str])
    """What comes with the how-manieth look, from 1."""
    stubborn: set[str] = attrs.field(factory=set[str])
    """What is not removed, whatever is asked."""
    away: int = 0
    """At so many looks nobody answers."""
    looks: list[Asked] = attrs.field(factory=list[Asked])
    removals: list[str] = attrs.field(factory=list[str])

    def respond(self, asked: Asked) -> Iterable[bytes]:
        if asked.method == "GET":
            return self._look(asked)
        self.removals.append(asked.target)
        container = asked.path.removeprefix("/containers/")
        if container in self.stubborn:
            return [answer_json({"message": "it will not"}, 409)]
        self.here.remove(container)
        return [head(204)]

    def _look(self, asked: Asked) -> Iterable[bytes]:
        self.looks.append(asked)
        if len(self.looks) <= self.away:
            return [head(200, Content_Length="9"), b"["]
        if found := self.later.get(len(self.looks)):
            self.here.append(found)
        return [answer_json([{"Id": each} for each in self.here])]


@attrs.define(eq=False)
class Clock:
    """Time that passes only while somebody waits."""

    now: float = 100.0
    pauses: list[float] = attrs.field(factory=list[float])

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    found = Clock()
    monkeypatch.setattr(_orphans, "time", found)
    return found


def written(address: Address) -> str:
    """As the executor writes it."""
    return json.dumps(attrs.asdict(address), default=str)


def run(monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    address = written(Address(kind="unix", path=str(path)))
    monkeypatch.setattr(sys, "argv", ["_orphans.py", address, OWNER])
    _orphans.main()


def test_the_program_removes_what_its_owner_has_left(tmp_path: Path) -> None:
    containers = Containers(["a", "b", "c"])
    with served(tmp_path / "s", containers.respond) as at:
        program = [sys.executable, "-I", "-S", _orphans.__file__, written(at.address), OWNER]
        ended = subprocess.run(program, capture_output=True, check=True)
    assert (ended.stdout, ended.stderr) == (b"", b"")
    assert containers.here == []
    assert sorted(containers.removals) == [
        f"/containers/{each}?force=true&v=true" for each in "abc"
    ]


def test_only_the_owner_s_that_are_not_kept_are_asked_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, clock: Clock
) -> None:
    containers = Containers()
    with served(tmp_path / "s", containers.respond):
        run(monkeypatch, tmp_path / "s")
    asked = containers.looks[0]
    assert (asked.path, asked.query["all"]) == ("/containers/json", "true")
    assert json.loads(unquote(asked.query["filters"])) == {
        "label": [f"io.seedpod.owner={OWNER}", "io.seedpod.kept=false"]
    }


def test_three_looks_in_a_row_must_find_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, clock: Clock
) -> None:
    containers = Containers(later={2: "late", 5: "later"})
    with served(tmp_path / "s", containers.respond):
        run(monkeypatch, tmp_path / "s")
    assert containers.here == []
    assert len(containers.looks) == 8


def test_an_engine_may_be_away_for_a_while(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, clock: Clock
) -> None:
    containers = Containers(["a"], away=4)
    with served(tmp_path / "s", containers.respond):
        run(monkeypatch, tmp_path / "s")
    assert containers.here == []


@pytest.mark.parametrize("is_there", [False, True])
def test_who_cannot_be_removed_is_given_up_within_a_bound(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, clock: Clock, is_there: bool
) -> None:
    containers = Containers(["a", "b"], stubborn={"b"})
    if is_there:
        with served(tmp_path / "s", containers.respond):
            run(monkeypatch, tmp_path / "s")
        assert containers.here == ["b"]
    else:
        run(monkeypatch, tmp_path / "s")
    assert 118 <= clock.now < 119
    assert set(clock.pauses) == {0.3}


@pytest.mark.parametrize("status", [400, 500])
def test_a_refusal_to_look_is_no_look(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, clock: Clock, status: int
) -> None:
    refusal = answer_json({"message": "no"}, status)
    with served(tmp_path / "s", lambda _: [refusal]):
        run(monkeypatch, tmp_path / "s")
    assert clock.now >= 118


def connection(tls: TLS | None, host: str = HOST) -> Any:
    address = Address(kind="tcp", host=host, port=2376, tls=tls)
    return _orphans.connect(json.loads(written(address)))


@pytest.mark.parametrize(
    ("host", "asked"), [(HOST, HOST), ("127.0.0.1", "127.0.0.1"), ("[fd00::1]", "fd00::1")]
)
def test_without_tls_an_engine_is_asked_in_the_clear(host: str, asked: str) -> None:
    found = connection(None, host)
    assert type(found) is HTTPConnection
    assert (found.host, found.port) == (asked, 2376)


def test_an_engine_that_proves_itself_is_shown_who_asks(tmp_path: Path) -> None:
    server = engine(tmp_path)
    files: Any = {name: tmp_path / f"{name}.pem" for name in ("ca", "cert", "key")}
    context = connection(TLS(**files))._context
    assert shake_hands(context, server, HOST) == CLIENT


def test_an_engine_need_not_prove_itself_and_no_authority_need_be_there(tmp_path: Path) -> None:
    server = engine(tmp_path)
    (tmp_path / "ca.pem").unlink()
    files: Any = {name: tmp_path / f"{name}.pem" for name in ("ca", "cert", "key")}
    found = connection(TLS(**files, is_verified=False))
    assert shake_hands(found._context, server, "another.example") == CLIENT


def test_a_certificate_without_its_key_is_not_shown(tmp_path: Path) -> None:
    engine(tmp_path)
    found = connection(TLS(ca=tmp_path / "ca.pem", cert=tmp_path / "cert.pem"))
    assert type(found) is HTTPSConnection


def test_the_two_that_speak_tls_agree(tmp_path: Path) -> None:
    engine(tmp_path)
    for is_verified in (True, False):
        tls = TLS(ca=tmp_path / "ca.pem", is_verified=is_verified)
        ours, theirs = tls.context(), connection(tls)._context
        for fact in ("check_hostname", "verify_mode", "verify_flags", "minimum_version"):
            assert getattr(theirs, fact) == getattr(ours, fact)


def test_a_file_that_is_not_there_is_an_engine_that_does_not_answer(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, clock: Clock
) -> None:
    address = Address(kind="tcp", host=HOST, port=1, tls=TLS(ca=tmp_path / "ca.pem"))
    monkeypatch.setattr(sys, "argv", ["_orphans.py", written(address), OWNER])
    _orphans.main()
    assert clock.now >= 118
