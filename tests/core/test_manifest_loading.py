"""A manifest comes from a path, an open file, standard input or text."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from seedpod.errors import ManifestError
from seedpod.loading import load

TEXT = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\n"


def told(source: object) -> str:
    with pytest.raises(ManifestError) as caught:
        load(source)  # type: ignore[arg-type]
    return str(caught.value)


def test_a_path_is_read(tmp_path: Path) -> None:
    path = tmp_path / "settings.yaml"
    path.write_text("\ufeff" + TEXT)
    assert load(path) == load(str(path)) == load(TEXT)


def test_text_of_one_line_is_read_as_it_is_if_it_is_json() -> None:
    text = '{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings"}}'
    assert load(text) == load(TEXT)


def test_an_open_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "settings.yaml"
    path.write_text(TEXT)
    with path.open() as text, path.open("rb") as binary:
        assert load(text) == load(binary) == load(io.StringIO(TEXT))


def test_a_dash_is_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(TEXT.encode())))
    assert load("-") == load(TEXT)


def test_a_missing_file_is_told_in_words(tmp_path: Path) -> None:
    path = tmp_path / "missing.yaml"
    assert told(path) == f"{path}: cannot be read: No such file or directory"


def test_a_directory_is_told_in_words(tmp_path: Path) -> None:
    assert told(tmp_path) == f"{tmp_path}: cannot be read: Is a directory"


def test_a_path_no_file_can_have_is_told_in_words() -> None:
    assert "cannot be read: embedded null byte" in told("a\0b")


def test_a_file_that_is_not_text_is_told_with_the_place(tmp_path: Path) -> None:
    path = tmp_path / "binary.yaml"
    path.write_bytes(b"a: \xff")
    assert told(path) == f"{path}: must be UTF-8 text; byte 4 is not"


def test_a_closed_file_is_told_in_words() -> None:
    file = io.StringIO(TEXT)
    file.close()
    assert told(file).startswith("manifest: cannot be read: I/O operation on closed file")
