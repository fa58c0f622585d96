"""What the containers of one pod have around them at the level `view`, and where it is kept."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from logging import getLogger
from pathlib import Path
from secrets import token_hex
from typing import Final

import attrs

from seedpod._core.effective_security import EffectiveSecurity, effective_security
from seedpod._runtime.host import tmpfs
from seedpod._runtime.volumes.removal import remove
from seedpod.abc import ContainerPlan, PodContext
from seedpod.executors.subprocess._images.config import ImageConfig, combined
from seedpod.executors.subprocess._images.problem import ImageError
from seedpod.executors.subprocess._images.reference import reference
from seedpod.executors.subprocess._images.store import ImageStore
from seedpod.executors.subprocess._images.users import home_of, user_of
from seedpod.executors.subprocess._place import PlaceError
from seedpod.executors.subprocess._view.bubblewrap import Bubblewrap
from seedpod.executors.subprocess._view.files import Files, Scene, files_of
from seedpod.executors.subprocess._view.identity import Identity, ImageUser, identity_of
from seedpod.executors.subprocess._view.place import ViewPlace
from seedpod.executors.subprocess._view.points import ViewError
from seedpod.guard import Guard
from seedpod.spec import Container, PodSpec, SeccompProfile

_LOG: Final = getLogger("seedpod.executors.subprocess")
_HOST_ROOT: Final = Path("/")
_FROM_HOST: Final = ("PATH", "LANG", "LANGUAGE", "TZ")
"""Variables that say how the host's own files are to be used; and those that begin with `LC_`."""
_PATH: Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""For an image that names none; containerd's."""
_HOME: Final = "/tmp"  # noqa: S108 (it is the container's own)
"""The one directory of the host's files that is writable, and private."""


@attrs.frozen(kw_only=True)
class Ground:
    """What a container stands on: an image's files, or the host's own."""

    root: Path
    config: ImageConfig
    is_host: bool


@attrs.frozen(kw_only=True)
class ViewSettings:
    """What the views of all pods of an executor have in common."""

    bubblewrap: Bubblewrap
    image_store: Path | None
    """Where images are unpacked; None: in the user's cache."""
    seccomp_profiles: Path | None
    """Where profiles of the type Localhost are; None: where the kubelet has them."""
    host_env: Mapping[str, str] = attrs.field(repr=False)
    """The host's environment, and the pod's HOSTNAME."""


@attrs.define(eq=False)
class ViewSurroundings:
    """`Surroundings` by bubblewrap."""

    spec: PodSpec
    volumes: Mapping[str, Path]
    settings: ViewSettings
    directory: Path
    """The pod's own, for nobody else to look into."""
    memory: Path
    """The pod's own too, on a file system in memory if the host has one."""
    kept_in: Sequence[Path]
    """Directories of the host in which the engine keeps the files of pods."""
    entrance: tuple[str, ...] = ()
    """What to put before a command to be in the pod's own network; empty: the host's."""
    _serial: int = 0

    @property
    def hostname(self) -> str:
        """The name the pod goes by."""
        return self.settings.host_env["HOSTNAME"]

    async def prepared(self, plan: ContainerPlan) -> ViewPlace:
        """As `Surroundings.prepared`.

        Cancellation: nothing is left of it.
        """
        try:
            ground = await self._ground(plan.spec)
            security = effective_security(self.spec, plan.spec)
            identity = self._identity(security, ground)
            return self._place(plan, ground, security, identity)
        except (ImageError, ViewError) as error:
            raise PlaceError(str(error)) from error
        except OSError as error:
            where = f"{error.filename}: " if error.filename else ""
            raise PlaceError(f"{where}{error.strerror}") from error

    async def _ground(self, container: Container) -> Ground:
        image = reference(container.image)
        if image is None:
            _say_once(container.image)
            return Ground(root=_HOST_ROOT, config=ImageConfig(), is_host=True)
        found = await ImageStore(self.settings.image_store).resolved(image)
        return Ground(root=found.root, config=found.config, is_host=False)

    def _identity(self, security: EffectiveSecurity, ground: Ground) -> Identity:
        if security.user is not None or not ground.is_host:
            who = ground.config.user if security.user is None else str(security.user)
            uid, gid, groups = user_of(who, ground.root)
            user = ImageUser(uid=uid, gid=gid, groups=groups[1:])
        else:
            groups = tuple({*os.getgroups()} - {os.getegid()})
            user = ImageUser(uid=os.geteuid(), gid=os.getegid(), groups=groups)
        identity = identity_of(security, user)
        if not self.settings.bubblewrap.is_root:
            # Nobody but root can give a process further groups.
            identity = attrs.evolve(identity, groups=(), capabilities=frozenset())
        if identity.uid == 0 and security.must_not_be_root:
            message = "container has runAsNonRoot and image will run as root"
            raise PlaceError(message, "CreateContainerConfigError")  # Source: kubelet
        return identity

    def _place(
        self,
        plan: ContainerPlan,
        ground: Ground,
        security: EffectiveSecurity,
        identity: Identity,
    ) -> ViewPlace:
        env = {**self._base_env(ground, identity), **plan.env}
        self._serial += 1
        own = self.directory / f"{plan.name}-{self._serial}"
        own.mkdir(mode=0o700)
        files: Files | None = None
        try:
            scene = Scene(
                root=ground.root,
                is_host=ground.is_host,
                own=own,
                kept_in=self.kept_in,
                shared_memory=self._shared_memory(),
                mounts=plan.mounts,
                volumes=self.volumes,
                is_read_only=security.has_read_only_root,
                hosts=self._hosts(),
                working_dir=plan.spec.working_dir or ground.config.working_dir,
            )
            files = files_of(scene)
            return ViewPlace(
                plan=plan,
                argv=combined(ground.config, plan.command, plan.args),
                env=env,
                identity=identity,
                files=files,
                bubblewrap=self.settings.bubblewrap,
                hostname="" if self.spec.host_network else self.hostname,
                entrance=self.entrance,
                shares_ipc=self.spec.host_ipc,
                filter=self._filter(security.seccomp, identity),
                own=own,
            )
        except BaseException:
            if files is not None:
                files.close()
            _remove(own)
            raise

    def _filter(self, profile: SeccompProfile | None, identity: Identity) -> bytes:
        if profile is None or profile.type == "Unconfined":
            return b""
        from seedpod.executors.subprocess._seccomp import SeccompError, program  # noqa: PLC0415 (few)

        try:
            found = program(
                profile, identity.capabilities, seccomp_profiles=self.settings.seccomp_profiles
            )
        except SeccompError as error:
            raise ViewError(str(error)) from error
        return found or b""

    def _shared_memory(self) -> Path:
        """What the containers have as /dev/shm: the host's with `hostIPC`, else the pod's own."""
        return Path("/dev/shm") if self.spec.host_ipc else self.memory / "shm"  # noqa: S108

    def _base_env(self, ground: Ground, identity: Identity) -> dict[str, str]:
        """What an image would say of its environment."""
        if ground.is_host:
            env = {
                name: value
                for name, value in self.settings.host_env.items()
                if name in _FROM_HOST or name.startswith("LC_")
            }
            env["HOME"] = _HOME
        else:
            env = {"PATH": _PATH, **ground.config.env}
            env.setdefault("HOME", home_of(identity.uid, ground.root) or "/")
        return {**env, "HOSTNAME": self.hostname}

    def _hosts(self) -> Path:
        """The pod's /etc/hosts: the host's, with the pod's own name and its aliases.

        Source: kubelet, nodeHostsFileContent.
        """
        file = self.directory / "hosts"
        if file.exists():
            return file
        try:
            text = Path("/etc/hosts").read_text()
        except OSError:
            text = "127.0.0.1\tlocalhost\n"
        if not self.spec.host_network:
            text += f"127.0.0.1\t{self.hostname}\n"
        if self.spec.host_aliases:
            text += "\n# Entries added by HostAliases.\n"
        for alias in self.spec.host_aliases:
            text += "\t".join((alias.ip, *alias.hostnames)) + "\n"
        file.write_text(text)
        file.chmod(0o644)
        return file


@contextmanager
def view_of(pod: PodContext, settings: ViewSettings, guard: Guard) -> Generator[ViewSurroundings]:
    """A block inside which containers of *pod* can have views."""
    made: list[Path] = []
    try:
        for place in (None, tmpfs()):
            made.append(Path(place or tempfile.gettempdir(), f"seedpod-view-{token_hex(8)}"))
            guard.add_tree(str(made[-1]))
            made[-1].mkdir(mode=0o700)
        directory, memory = made
        shared = memory / "shm"
        shared.mkdir()
        shared.chmod(0o1777)
        kept_in = [each.parent for each in (directory, *pod.directories)]
        yield ViewSurroundings(pod.pod.spec, pod.volumes, settings, directory, memory, kept_in)
    finally:
        for each in made:
            _remove(each)
            guard.forget(str(each))


@cache
def _say_once(image: str) -> None:
    _LOG.info("image %s: it is not on disk, so its containers have the host's own files", image)


def _remove(directory: Path) -> None:
    for problem in remove(directory):
        _LOG.warning("left behind: %s", problem)
