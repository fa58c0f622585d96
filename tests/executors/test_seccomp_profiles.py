"""Seccomp profiles as they are found, read, refused by name, compiled once and handed on."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from seedpod.executors.subprocess._seccomp import (
    PROFILES,
    ProfileError,
    SeccompError,
    _library,
    as_fd,
    lacking,
    program,
)
from seedpod.executors.subprocess._seccomp._compile import compiled
from seedpod.executors.subprocess._seccomp._default_profile import default_profile
from seedpod.executors.subprocess._seccomp._profile import Machine
from seedpod.spec import SeccompProfile
from tests.machine import lacks

_DEFAULT = SeccompProfile(type="RuntimeDefault")
_ALLOW = {"defaultAction": "SCMP_ACT_ALLOW"}


def can_compile() -> bool:
    if lacking():
        lacks(f"{lacking()}")
    return not lacking()


def localhost(directory: Path, name: str = "profile.json") -> bytes | None:
    profile = SeccompProfile(type="Localhost", localhost_profile=name)
    return program(profile, frozenset(), seccomp_profiles=directory)


def rule(**fields: object) -> dict[str, object]:
    written: dict[str, object] = {"names": ["mkdir"], "action": "SCMP_ACT_ERRNO"}
    return {**_ALLOW, "syscalls": [written | fields]}


def args(**fields: object) -> dict[str, object]:
    return rule(args=[{"index": 0, "value": 1, "op": "SCMP_CMP_EQ"} | fields])


@pytest.mark.parametrize("profile", [None, SeccompProfile(type="Unconfined")])
def test_without_a_profile_there_is_no_program(profile: SeccompProfile | None) -> None:
    assert program(profile, frozenset()) is None


def test_a_type_that_is_not_known_is_not_taken_for_unconfined() -> None:
    with pytest.raises(SeccompError, match="'Strict': must be RuntimeDefault, Localhost"):
        program(SeccompProfile(type="Strict"), frozenset())


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        ([], "[]: must be an object"),
        ({}, "defaultAction: must be there"),
        ({"defaultAction": 5}, "defaultAction: 5: must be a string"),
        ({"defaultAction": "SCMP_ACT_DENY"}, 'defaultAction: "SCMP_ACT_DENY": must be one of SC'),
        (_ALLOW | {"defaultErrnoRet": 1}, "defaultErrnoRet: 1: must not be there for SCMP_ACT_ALL"),
        (_ALLOW | {"syscals": []}, "syscals: no such field here; there are defaultAction"),
        (_ALLOW | {"syscalls": {}}, "syscalls: {}: must be a list"),
        (_ALLOW | {"flags": ["SECCOMP_FILTER_FLAG_LOG"]}, 'flags[0]: "SECCOMP_FILTER_FLAG_LOG": m'),
        (_ALLOW | {"listenerPath": "/run/x"}, "listenerPath: no such field"),
        (_ALLOW | {"architectures": ["amd64"]}, 'architectures[0]: "amd64": must be one of SCMP_A'),
        (_ALLOW | {"archMap": [{}]}, "archMap[0].architecture: must be there"),
        (
            _ALLOW
            | {
                "architectures": ["SCMP_ARCH_X86"],
                "archMap": [{"architecture": "SCMP_ARCH_X86_64", "subArchitectures": None}],
            },
            "archMap: must not be there if architectures is",
        ),
        (rule(names=[]), "syscalls[0].names: must name a system call"),
        (rule(names=["mkdir", 5]), "syscalls[0].names[1]: 5: must be a string"),
        (rule(action=None), "syscalls[0].action: must be there"),
        (rule(action="SCMP_ACT_NOTIFY"), 'syscalls[0].action: "SCMP_ACT_NOTIFY": cannot be follow'),
        (rule(action="SCMP_ACT_TRACE"), 'syscalls[0].action: "SCMP_ACT_TRACE": cannot be followed'),
        (rule(errnoRet=4096), "syscalls[0].errnoRet: 4096: must be a whole number from 0 to 4095"),
        (rule(errnoRet=True), "syscalls[0].errnoRet: true: must be a whole number"),
        (rule(errno="EOOPS"), 'syscalls[0].errno: "EOOPS": must be the name of an error'),
        (args(index=6), "syscalls[0].args[0].index: 6: must be a whole number from 0 to 5"),
        (args(index=None), "syscalls[0].args[0].index: must be there"),
        (args(value=-1), "syscalls[0].args[0].value: -1: must be a whole number"),
        (args(op=None), "syscalls[0].args[0].op: must be there"),
        (args(op=["="]), 'syscalls[0].args[0].op: ["="]: must be one of SCMP_CMP_NE'),
        (rule(includes={"minKernel": "4"}), 'syscalls[0].includes.minKernel: "4": must be a versi'),
        (rule(excludes={"cap": []}), "syscalls[0].excludes.cap: no such field here"),
    ],
)
def test_a_problem_is_named_with_its_file_and_its_place(
    tmp_path: Path, document: Any, sentence: str
) -> None:
    file = tmp_path / "profile.json"
    file.write_text(json.dumps(document))
    with pytest.raises(ProfileError) as caught:
        localhost(tmp_path)
    assert str(caught.value).startswith(f"seccomp profile {file}: {sentence}")


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xff", b"[" * 100_000])
def test_what_is_not_json_is_said_to_be_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "profile.json").write_bytes(content)
    with pytest.raises(ProfileError, match=r"profile\.json: must be JSON: "):
        localhost(tmp_path)


def test_a_file_that_is_missing_is_named_where_the_kubelet_would_have_it() -> None:
    with pytest.raises(ProfileError, match=rf"^seccomp profile {PROFILES}/no/such\.json: there is"):
        program(SeccompProfile(type="Localhost", localhost_profile="no/such.json"), frozenset())


def test_a_file_outside_the_directory_is_refused_wherever_a_link_leads(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (tmp_path / "outside.json").write_text(json.dumps(_ALLOW))
    (home / "link.json").symlink_to("../outside.json")
    (home / "circle.json").symlink_to("circle.json")
    os.mkfifo(home / "pipe.json")
    (home / "directory.json").mkdir()
    for name, sentence in {
        "link.json": "must be a file below",
        "../outside.json": "must be a file below",
        str(tmp_path / "outside.json"): "must be a file below",
        "": "must be a file below",
        "circle.json": "cannot be found",
        "pipe.json": "must be a regular file",
        "directory.json": "must be a regular file",
    }.items():
        with pytest.raises(ProfileError, match=sentence):
            localhost(home, name)


def test_links_within_the_directory_are_followed(tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "real.json").write_text(json.dumps(rule()))
    (tmp_path / "profile.json").symlink_to("below/real.json")
    if can_compile():
        assert localhost(tmp_path)


def test_a_program_is_compiled_once_and_again_when_its_file_has_changed(tmp_path: Path) -> None:
    if can_compile():
        file = tmp_path / "profile.json"
        file.write_text(json.dumps(_ALLOW))
        first = localhost(tmp_path)
        assert localhost(tmp_path) is first
        file.write_text(json.dumps(rule()))
        assert localhost(tmp_path) != first
        default = program(_DEFAULT, frozenset({"KILL"}))
        assert program(_DEFAULT, frozenset({"CAP_KILL"})) is default
        assert program(_DEFAULT, frozenset({"SYS_ADMIN"})) != default


def test_calls_nobody_knows_and_rules_for_elsewhere_change_nothing(tmp_path: Path) -> None:
    if can_compile():
        file = tmp_path / "profile.json"
        file.write_text(json.dumps(_ALLOW | {"syscalls": None, "comment": "nothing"}))
        nothing = localhost(tmp_path)
        for fields in (
            {"names": ["no_such_call"]},
            {"includes": {"caps": ["CAP_SYS_ADMIN"]}},
            {"includes": {"arches": ["pdp11"]}},
            {"includes": {"minKernel": "99.0"}},
            {"excludes": {"minKernel": "2.6"}},
            {"action": "SCMP_ACT_ALLOW"},
        ):
            file.write_text(json.dumps(rule(**fields)))
            assert localhost(tmp_path) == nothing
        file.write_text(json.dumps(rule(names=None, name="mkdir", excludes={"arches": ["pdp11"]})))
        assert localhost(tmp_path) != nothing


@pytest.mark.parametrize(
    ("architecture", "kernel", "capabilities", "expected"),
    [
        ("amd64", (6, 1), (), {"ptrace", "arch_prctl", "clone 0", "clone3"}),
        ("amd64", (4, 4), (), {"arch_prctl", "clone 0", "clone3"}),
        ("s390x", (4, 4), (), {"clone 1", "clone3"}),
        ("s390x", (4, 4), ("CAP_SYS_ADMIN",), {"clone", "clone3"}),
        ("arm64", (4, 4), ("CAP_SYS_PTRACE",), {"ptrace", "clone 0", "clone3"}),
    ],
)
def test_the_default_profile_depends_on_machine_and_capabilities(
    architecture: str, kernel: tuple[int, int], capabilities: tuple[str, ...], expected: set[str]
) -> None:
    machine = Machine(
        architecture=architecture, kernel=kernel, capabilities=frozenset(capabilities)
    )
    found = {
        " ".join([name, *(str(each.index) for each in rule.conditions)])
        for rule in default_profile().rules
        if rule.holds_on(machine)
        for name in rule.names
    }
    asked = {"ptrace", "arch_prctl", "clone", "clone 0", "clone 1", "clone3"}
    assert found & asked == expected


def test_a_program_is_handed_on_as_a_sealed_file_at_its_start() -> None:
    fd = as_fd(b"12345678" * 9000)
    try:
        assert not os.get_inheritable(fd)
        assert os.read(fd, 100_000) == b"12345678" * 9000
        with pytest.raises(PermissionError):
            os.pwrite(fd, b"x", 0)
    finally:
        os.close(fd)


@pytest.fixture
def _library_anew() -> Iterator[None]:
    _library.library.cache_clear()
    yield
    _library.library.cache_clear()


@pytest.mark.usefixtures("_library_anew")
@pytest.mark.parametrize(
    ("error", "has_library", "sentence"),
    [
        (ImportError, True, "need the Python package pyseccomp (pip install 'seedpod[seccomp]')"),
        (RuntimeError, False, "need libseccomp.so.2, version 2.4 or later (apt-get install libsec"),
        (ImportError, False, "'seedpod[seccomp]') and libseccomp.so.2, version 2.4 or later (apt-"),
    ],
)
def test_what_is_lacking_is_named_with_what_installs_it(
    monkeypatch: pytest.MonkeyPatch, error: type[Exception], has_library: bool, sentence: str
) -> None:
    def fails(name: str) -> None:
        raise error(name)

    monkeypatch.setattr(_library, "import_module", fails)
    monkeypatch.setattr(_library, "_has_library", lambda: has_library)
    assert sentence in (lacking() or "")
    with pytest.raises(SeccompError, match="seccomp profiles need"):
        compiled(default_profile(), frozenset())
