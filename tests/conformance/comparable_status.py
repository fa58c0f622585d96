"""A v1 status as a flat mapping that can be held against another one.

Ids, addresses and times are facts of one run: ids are left out, addresses and times are replaced by
words, as they are in golden records.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeAlias

Place: TypeAlias = tuple[str, ...]
"""Where a value is: `("containerStatuses", "web", "state", "running", "startedAt")`."""
Flat: TypeAlias = dict[Place, Any]

_IDS: Final = frozenset(
    {"containerID", "imageID", "podIPs", "hostIPs", "observedGeneration", "uid"}
)
_TIMES: Final = frozenset({"startTime", "startedAt", "finishedAt", "lastTransitionTime"})
_ADDRESSES: Final = frozenset({"podIP", "hostIP"})
_EPOCH: Final = re.compile(r"^(epoch|1970-01-01T00:00:00(\.0+)?Z)$")
_UID: Final = re.compile(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")
_ID: Final = re.compile(r"\b[0-9a-f]{64}\b")


def flat(value: Any, path: Place = ()) -> Flat:
    """Every value of a status by its path; a list of named things is read by their names."""
    return dict(_flat(value, path))


def normalised(pod: Mapping[str, Any], replaced: Mapping[str, str]) -> dict[str, Any]:
    """The status of a v1 Pod with words in place of what belongs to this run alone.

    Args:
        pod: The pod; its uid, its full name and its addresses are replaced.
        replaced: What else to replace in texts, and by what.
    """
    metadata, status = pod["metadata"], pod["status"]
    uid, name, namespace = (metadata.get(key, "") for key in ("uid", "name", "namespace"))
    words = {f"{name}_{namespace}({uid})": "<pod>", **replaced}
    words |= {status.get(key, ""): f"<{key}>" for key in ("hostIP", "podIP")}
    words.pop("", None)
    made = _with_words(status, words)
    return made if isinstance(made, dict) else {}


def text_of(path: Place) -> str:
    """A path as a person reads it."""
    return ".".join(path)


def _flat(value: Any, path: Place) -> Iterator[tuple[Place, Any]]:
    if isinstance(value, dict):
        for key, each in value.items():
            if key not in _IDS and each is not None:
                yield from _flat(_word(key, each), (*path, key))
        if path and not value:
            yield path, "{}"
    elif isinstance(value, list):
        names = [_name(each, index) for index, each in enumerate(value)]
        for name, each in zip(names, value, strict=True):
            yield from _flat(each, (*path, name))
        if path[-1:] != ("conditions",):
            yield (*path, "(order)"), names
    else:
        yield path, value


def _word(key: str, value: Any) -> Any:
    if key in _TIMES:
        return "epoch" if _EPOCH.match(str(value)) else "a time"
    return f"<{key}>" if key in _ADDRESSES else value


def _name(value: Any, index: int) -> str:
    if isinstance(value, dict):
        return str(value.get("type") or value.get("mountPath") or value.get("name") or index)
    return str(index)


def _with_words(value: Any, words: Mapping[str, str]) -> Any:
    match value:
        case dict():
            return {key: _with_words(each, words) for key, each in value.items()}
        case list():
            return [_with_words(each, words) for each in value]
        case str():
            for found, word in words.items():
                value = value.replace(found, word)
            return _ID.sub("<id>", _UID.sub("<uid>", value))
        case _:
            return value
