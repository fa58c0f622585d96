"""What is known of a container before it runs: its user, its image, how it is asked to end."""

from __future__ import annotations

import pytest

from seedpod.spec import Pod
from seedpod.status import ContainerUser, LinuxContainerUser
from seedpod_docker._description import Described, ImageFacts, described
from tests.plugins.docker.manifests import Fields, plan, pod

WHERE = '(pod: "web_default(u-1)", container: app)'
NOT_ROOT: Fields = {"runAsNonRoot": True}


def of(web: Pod, user: str = "") -> Described:
    return described(plan(web), web, {"web:1": ImageFacts(user=user)})


def problem(user: str, of_container: Fields, of_pod: Fields | None = None) -> str:
    web = pod({"securityContext": of_container}, securityContext=of_pod or {})
    return of(web, user).problem


def shown(user: str, **context: object) -> LinuxContainerUser | None:
    """The user of a container of an image with this user, in a pod with this context."""
    found = of(pod(securityContext=context), user).of("docker://1").user
    return None if found is None else found.linux


def linux(uid: int, gid: int, *groups: int) -> LinuxContainerUser:
    return LinuxContainerUser(uid=uid, gid=gid, supplemental_groups=groups or (gid,))


@pytest.mark.parametrize("user", ["", "0", "root", "0:7", "root:root", ":7", "00"])
def test_who_must_not_be_root_cannot_be_of_an_image_that_is(user: str) -> None:
    reason = "container has runAsNonRoot and image will run as root"
    assert problem(user, NOT_ROOT) == f"{reason} {WHERE}"
    assert problem(user, {}, NOT_ROOT) == f"{reason} {WHERE}"


@pytest.mark.parametrize("user", ["web", "web:7"])
def test_who_must_not_be_root_cannot_be_of_an_image_whose_user_is_only_a_name(user: str) -> None:
    reason = (
        "container has runAsNonRoot and image has non-numeric user (web), "
        "cannot verify user is non-root"
    )
    assert problem(user, NOT_ROOT) == f"{reason} {WHERE}"


def test_who_must_not_be_root_cannot_be_made_so() -> None:
    reason = "container's runAsUser breaks non-root policy"
    assert problem("7", {**NOT_ROOT, "runAsUser": 0}) == f"{reason} {WHERE}"
    assert problem("7", {"runAsUser": 0}, NOT_ROOT) == f"{reason} {WHERE}"


@pytest.mark.parametrize(
    ("user", "of_container", "of_pod"),
    [
        ("7", NOT_ROOT, {}),
        ("7:0", NOT_ROOT, {}),
        ("root", {**NOT_ROOT, "runAsUser": 7}, {}),
        ("root", {"runAsNonRoot": False}, NOT_ROOT),
        ("root", {}, {}),
    ],
)
def test_others_may_start(user: str, of_container: Fields, of_pod: Fields) -> None:
    assert problem(user, of_container, of_pod) == ""


def test_an_image_of_which_nothing_is_known_runs_as_root() -> None:
    web = pod({"securityContext": NOT_ROOT})
    assert "image will run as root" in described(plan(web), web, {}).problem


@pytest.mark.parametrize("user", ["", "0", "root", "0:0"])
def test_root_is_known(user: str) -> None:
    assert shown(user) == linux(0, 0)


def test_a_user_is_known_by_its_numbers() -> None:
    assert shown("7:8") == linux(7, 8)
    assert shown("root:8") == linux(0, 8)
    assert shown("web", runAsUser=7, runAsGroup=8) == linux(7, 8)
    assert shown("web", runAsUser=0) == linux(0, 0)


@pytest.mark.parametrize("user", ["web", "7", "7:web", "web:8"])
def test_a_user_that_is_a_name_or_has_no_group_is_not_known(user: str) -> None:
    assert shown(user) is None


def test_a_user_of_the_manifest_has_no_group_of_the_image() -> None:
    assert shown("7:8", runAsUser=9) is None


def test_further_groups_are_shown_with_its_own_in_order() -> None:
    context = {"runAsUser": 7, "runAsGroup": 8, "supplementalGroups": [9, 3], "fsGroup": 5}
    assert shown("", **context) == linux(7, 8, 3, 5, 8, 9)


def test_an_image_is_shown_by_its_digest_or_else_by_its_id() -> None:
    web = pod()

    def image_id(facts: ImageFacts) -> str:
        return described(plan(web), web, {"web:1": facts}).of("docker://1").image_id

    digest = "docker.io/library/web@sha256:1"
    assert image_id(ImageFacts(id="sha256:2", digest=digest)) == digest
    assert image_id(ImageFacts(id="sha256:2")) == "sha256:2"


def test_a_status_has_the_id_and_the_user_of_the_attempt() -> None:
    shown = of(pod(), "7:8").of("docker://1")
    assert shown.container_id == "docker://1"
    assert shown.user == ContainerUser(linux=linux(7, 8))


def test_an_image_is_what_the_engine_says_of_it() -> None:
    told = {
        "Id": "sha256:2",
        "RepoDigests": ["web@sha256:1", "other@sha256:1"],
        "Config": {"User": "7", "StopSignal": "SIGQUIT"},
    }
    facts = ImageFacts(id="sha256:2", digest="web@sha256:1", user="7", stop_signal="SIGQUIT")
    assert ImageFacts.of(told) == facts


@pytest.mark.parametrize("told", [{}, {"Id": None, "RepoDigests": [], "Config": None}])
def test_an_engine_may_say_nothing_of_an_image(told: Fields) -> None:
    assert ImageFacts.of(told) == ImageFacts()


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("SIGQUIT", "SIGQUIT"),
        ("quit", "SIGQUIT"),
        ("sigquit", "SIGQUIT"),
        ("3", "SIGQUIT"),
        ("15", "SIGTERM"),
        ("RTMIN+3", "SIGRTMIN+3"),
        ("SIGRTMIN+3", "SIGRTMIN+3"),
        ("37", "SIGRTMIN+3"),
        ("34", "SIGRTMIN"),
        ("64", "SIGRTMAX"),
        ("63", "SIGRTMAX-1"),
        ("0", ""),
        ("99", ""),
        ("", ""),
    ],
)
def test_a_signal_has_one_name_however_the_image_spells_it(said: str, name: str) -> None:
    assert ImageFacts.of({"Config": {"StopSignal": said}}).stop_signal == name
