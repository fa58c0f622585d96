"""Root file systems of images, made of programs of this machine; the same each time."""

from __future__ import annotations

import io
import re
import shutil
import stat
import subprocess
import tarfile
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import Final

SMALL_PROGRAMS: Final = ("busybox",)
DEBIAN_PROGRAMS: Final = tuple(
    """
    basename cat chmod chown cp cut date dd df dirname du echo env expr false head hostname id
    install ln ls md5sum mkdir mkfifo mktemp mv nice nproc od printenv printf pwd readlink
    realpath rm rmdir sha256sum sleep sort stat stty tail tee test timeout touch tr true truncate
    tty uname uniq wc whoami
    dash find grep kill pgrep ps sed setsid xargs
    """.split()
)
"""The scenarios use some of them; the others are what a script would expect to be there."""

PYTHON: Final = Path("/usr/bin/python3")
"""Debian's, whose libraries are where the loader looks; not the one that runs the tests."""

_SEARCHED: Final = "/usr/bin:/bin:/usr/sbin:/sbin"
_LEFT_OUT: Final = re.compile(r"/(config-3[^/]*|ensurepip|idlelib|lib2to3|pydoc_data|test)(/|$)")
_PASSWD: Final = b"""\
root:x:0:0:root:/root:/bin/sh
app:x:1000:1000:app:/home/app:/bin/sh
nobody:x:65534:65534:nobody:/nonexistent:/bin/sh
"""
_GROUP: Final = b"root:x:0:\napp:x:1000:\nextra:x:2000:app\nnogroup:x:65534:\n"


def lacking_programs() -> list[str]:
    """The programs of the images that this machine lacks."""
    found = [each for each in (*SMALL_PROGRAMS, *DEBIAN_PROGRAMS) if _which(each) is None]
    return found if PYTHON.exists() else [*found, str(PYTHON)]


def small_layer(mark: str = "") -> bytes:
    """BusyBox with a link for each of its applets, as a tar archive.

    With another *mark*, in `/etc/mark`, it is another layer.
    """
    layer = _skeleton()
    layer.content("/etc/mark", mark.encode())
    layer.programs(SMALL_PROGRAMS)
    applets = subprocess.run(["busybox", "--list"], capture_output=True, check=True, text=True)
    for applet in applets.stdout.split():
        if applet not in SMALL_PROGRAMS:
            layer.link(f"/usr/bin/{applet}", "busybox")
    return layer.tar()


def debian_layer() -> bytes:
    """Dash, GNU's tools, and Python with its library, as a tar archive."""
    layer = _skeleton()
    layer.programs(DEBIAN_PROGRAMS)
    layer.link("/usr/bin/sh", "dash")
    layer.link("/usr/bin/python3", PYTHON.resolve().name)
    layer.link("/usr/bin/python", "python3")
    layer.binary(PYTHON.resolve())
    library = Path("/usr/lib") / PYTHON.resolve().name
    for path in sorted(library.rglob("*")):
        if path.is_file() and not _LEFT_OUT.search(str(path.relative_to("/usr/lib"))):
            layer.binary(path) if path.suffix == ".so" else layer.file(path)
    return layer.tar()


def _skeleton() -> _Layer:
    layer = _Layer()
    for each in ("bin", "sbin", "lib", "lib64"):
        layer.directory(f"/usr/{each}")
        layer.link(f"/{each}", f"usr/{each}")
    for each in ("dev", "etc", "home/app", "proc", "root", "run", "sys", "var/log", "work"):
        layer.directory(f"/{each}")
    for each in ("tmp", "var/tmp"):
        layer.directory(f"/{each}", 0o1777)
    layer.content("/etc/passwd", _PASSWD)
    layer.content("/etc/group", _GROUP)
    return layer


class _Layer:
    """A tar archive that grows; what it needs besides (directories, libraries) comes by itself."""

    def __init__(self) -> None:
        self._buffer = io.BytesIO()
        self._tar = tarfile.TarFile(fileobj=self._buffer, mode="w")
        self._held: set[str] = set()
        self._binaries: list[Path] = []

    def tar(self) -> bytes:
        for library in _libraries_of(self._binaries):
            self.file(library)
        self._tar.close()
        return self._buffer.getvalue()

    def programs(self, names: Iterable[str]) -> None:
        for name in names:
            found = _which(name)
            assert found is not None, name
            self.content(f"/usr/bin/{name}", found.read_bytes(), 0o755)
            self._binaries.append(found)

    def binary(self, path: Path) -> None:
        """A file of this machine at its own place, with the libraries it is linked with."""
        self.file(path)
        self._binaries.append(path)

    def file(self, path: Path) -> None:
        mode = stat.S_IMODE(path.stat().st_mode)
        self.content(str(path), path.read_bytes(), mode)

    def content(self, path: str, content: bytes, mode: int = 0o644) -> None:
        self._add(path, tarfile.REGTYPE, mode, content)

    def directory(self, path: str, mode: int = 0o755) -> None:
        self._add(path, tarfile.DIRTYPE, mode)

    def link(self, path: str, to: str) -> None:
        self._add(path, tarfile.SYMTYPE, 0o777, to=to)

    def _add(self, path: str, kind: bytes, mode: int, content: bytes = b"", to: str = "") -> None:
        name = _merged(path)
        if name in self._held:
            return
        self._held.add(name)
        parent = str(PurePosixPath(name).parent)
        if parent != "." and parent not in self._held:
            self.directory(f"/{parent}")
        entry = tarfile.TarInfo(name)
        entry.type, entry.mode, entry.linkname, entry.size = kind, mode, to, len(content)
        self._tar.addfile(entry, io.BytesIO(content))


def _merged(path: str) -> str:
    """The place of a path where `/lib` and its like are links into `/usr`, as they are here."""
    relative = path.lstrip("/")
    top, _, below = relative.partition("/")
    return f"usr/{relative}" if below and top in {"bin", "sbin", "lib", "lib64"} else relative


def _libraries_of(binaries: Iterable[Path]) -> list[Path]:
    """The libraries and the loader, by the names the loader looks for; static ones have none."""
    done = subprocess.run(["ldd", *map(str, binaries)], capture_output=True, text=True, check=False)
    return [Path(each) for each in sorted(set(re.findall(r"(/\S+) \(0x", done.stdout)))]


def _which(program: str) -> Path | None:
    found = shutil.which(program, path=_SEARCHED)
    return Path(found) if found else None
