"""What is wrong with a pod, as kinds and paths: `Invalid ports[0].name, Required name`."""

from __future__ import annotations

from typing import Any, Final

from seedpod._core.defaults import with_defaults
from seedpod._core.validation import problems
from seedpod._core.validation.gates import TODAY, Gates
from seedpod.spec import Pod
from tests.conformance.rows import structured

NAME: Final = {"name": "app", "image": "image"}
CLAIM: Final = {"name": "disk", "persistentVolumeClaim": {"claimName": "disk"}}


def found(fields: dict[str, Any], under: str, gates: Gates = TODAY) -> set[tuple[str, str]]:
    """Kind and path of what is wrong with a pod that has a volume, a disk and a claim."""
    spec = {
        "containers": [NAME],
        "volumes": [{"name": "data"}, CLAIM],
        "resourceClaims": [{"name": "one", "resourceClaimName": "one"}],
        **fields,
    }
    pod = with_defaults(structured(Pod, {"metadata": {"name": "web"}, "spec": spec}))
    wrong = problems(pod, gates)
    return {(each.kind.removeprefix("FieldValue"), each.path.removeprefix(under)) for each in wrong}


def said(wanted: str) -> set[tuple[str, str]]:
    """The kinds and paths of a line of a table."""
    pairs = (line.split(" ") for line in wanted.split(", ") if line)
    return {(kind, path) for kind, path in pairs}
