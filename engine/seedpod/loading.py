"""Loading: a manifest from a file, from standard input, or from text."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import IO, Final

from seedpod._core.manifest.load import Manifest, load_documents
from seedpod.errors import ABSENT, ManifestError, Problem, ProblemKind

_MARK: Final = "\ufeff"
"""The byte order mark that some editors put first."""


def load(source: str | os.PathLike[str] | IO[str] | IO[bytes]) -> Manifest:
    """The objects of a manifest, with defaults filled in, and valid.

    Args:
        source: a path, an open file, `-` for standard input, or the manifest itself (a string of
            more than one line, or one that begins with a brace).

    Returns:
        The pods, as a sequence; the ConfigMaps and Secrets beside them.

    Raises:
        ManifestError: the file cannot be read, or its YAML or JSON is wrong.
        SpecError: what it describes is wrong; every problem of every document at once.
    """
    if isinstance(source, str) and ("\n" in source or source.lstrip().startswith("{")):
        return load_documents(source.removeprefix(_MARK), "manifest")
    if isinstance(source, str | os.PathLike):
        is_stdin = source == "-"
        name = "standard input" if is_stdin else os.fspath(source)
        return load_documents(_text(sys.stdin.buffer if is_stdin else Path(source), name), name)
    name = str(getattr(source, "name", "manifest"))
    return load_documents(_text(source, name), name)


def _text(source: Path | IO[str] | IO[bytes], name: str) -> str:
    """All of *source* as text.

    Raises:
        ManifestError: it cannot be read, or is not UTF-8.
    """
    try:
        content = source.read_bytes() if isinstance(source, Path) else source.read()
        text = content.decode() if isinstance(content, bytes) else content
    except UnicodeDecodeError as error:
        raise _unreadable(name, f"must be UTF-8 text; byte {error.start + 1} is not") from error
    except OSError as error:
        reason = error.strerror or str(error)
        raise _unreadable(name, f"cannot be read: {reason}") from error
    except ValueError as error:  # a closed file, a null byte in a path
        raise _unreadable(name, f"cannot be read: {error}") from error
    return text.removeprefix(_MARK)


def _unreadable(name: str, wanted: str) -> ManifestError:
    return ManifestError([Problem("", ProblemKind.INVALID, ABSENT, wanted)], name)
