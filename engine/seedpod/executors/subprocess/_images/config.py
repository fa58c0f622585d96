"""What an image says about how it is run, and what of that a container keeps.

Source: OCI image specification, config.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import cast

import attrs

from seedpod.executors.subprocess._images.problem import ImageError


@attrs.frozen(kw_only=True)
class ImageConfig:
    """The part of an image's configuration that a container takes over."""

    entrypoint: tuple[str, ...] = ()
    cmd: tuple[str, ...] = ()
    env: Mapping[str, str] = MappingProxyType({})
    """In the image's order."""
    working_dir: str = ""
    user: str = ""
    """As the image has it: `name`, `uid`, `name:group` or `uid:gid`; see `user_of`."""


def combined(config: ImageConfig, command: Sequence[str], args: Sequence[str]) -> tuple[str, ...]:
    """The command line of a container; empty if neither it nor its image has one.

    Source: containerd, WithProcessArgs: a command of the container's own drops both of the
    image's, args alone replace the image's Cmd.
    """
    if command:
        return (*command, *args)
    return (*config.entrypoint, *(args or config.cmd))


def image_config(document: Mapping[str, object]) -> ImageConfig:
    """What the image configuration *document* says.

    Raises:
        ImageError: A field is of another type than the specification has.
    """
    config: object = document.get("config") or dict[str, object]()
    if not isinstance(config, dict):
        raise ImageError("its configuration is malformed: config: must be an object")
    fields = cast("dict[str, object]", config)
    pairs = [each.partition("=") for each in _strings(fields, "Env")]
    return ImageConfig(
        entrypoint=_strings(fields, "Entrypoint"),
        cmd=_strings(fields, "Cmd"),
        env=MappingProxyType({name: value for name, sign, value in pairs if name and sign}),
        working_dir=_string(fields, "WorkingDir"),
        user=_string(fields, "User"),
    )


def _string(fields: Mapping[str, object], name: str) -> str:
    value = fields.get(name)
    if value is None:
        return ""
    if not isinstance(value, str) or "\0" in value:
        raise ImageError(f"its configuration is malformed: config.{name}: must be a string")
    return value


def _strings(fields: Mapping[str, object], name: str) -> tuple[str, ...]:
    value = fields.get(name)
    if value is None:
        return ()
    found = cast("list[object]", value) if isinstance(value, list) else [None]
    strings = tuple(each for each in found if isinstance(each, str) and "\0" not in each)
    if len(strings) != len(found):
        wanted = "must be a list of strings"
        raise ImageError(f"its configuration is malformed: config.{name}: {wanted}")
    return strings
