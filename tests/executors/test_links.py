"""Where a volume may be linked, and that nothing is left of a link."""

from __future__ import annotations

from pathlib import Path

import pytest

from seedpod.executors.subprocess._links import LinkError, LinkRules, PodLinks
from seedpod.guard import Guard


class NoGuard(Guard):
    """Remembers what it was told, and starts no process."""

    def _start(self) -> None:
        pass

    @property
    def paths(self) -> list[str]:
        return [str(key) for key in self._registered]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "root"
    root.mkdir()
    return root


@pytest.fixture
def volume(tmp_path: Path) -> Path:
    volume = tmp_path / "volume"
    volume.mkdir()
    (volume / "file").write_text("content")
    return volume


@pytest.fixture
def guard() -> NoGuard:
    return NoGuard()


@pytest.fixture
def links(root: Path, guard: NoGuard) -> PodLinks:
    return PodLinks(LinkRules.below([root]), guard)


def test_a_volume_appears_at_its_mount_path(links: PodLinks, root: Path, volume: Path) -> None:
    links.link(f"{root}/data", volume)
    assert (root / "data" / "file").read_text() == "content"


def test_directories_on_the_way_are_made_and_removed(
    links: PodLinks, root: Path, volume: Path, guard: NoGuard
) -> None:
    links.link(f"{root}/a/b/c", volume)
    links.link(f"{root}/a/b/d", volume)
    assert (root / "a/b/d/file").is_file()
    assert guard.paths == [f"{root}/a", f"{root}/a/b", f"{root}/a/b/c", f"{root}/a/b/d"]
    links.remove()
    assert list(root.iterdir()) == []
    assert guard.paths == []


def test_a_directory_somebody_else_uses_by_now_stays(
    links: PodLinks, root: Path, volume: Path
) -> None:
    links.link(f"{root}/a/b", volume)
    (root / "a/mine").touch()
    links.remove()
    assert [each.name for each in (root / "a").iterdir()] == ["mine"]


def test_a_directory_that_was_there_before_stays(links: PodLinks, root: Path, volume: Path) -> None:
    (root / "a").mkdir()
    links.link(f"{root}/a/b", volume)
    links.remove()
    assert (root / "a").is_dir()


def test_a_link_somebody_has_replaced_stays(links: PodLinks, root: Path, volume: Path) -> None:
    links.link(f"{root}/data", volume)
    (root / "data").unlink()
    (root / "data").symlink_to("/elsewhere")
    links.remove()
    assert (root / "data").is_symlink()


def test_two_containers_may_mount_one_volume_at_one_path(
    links: PodLinks, root: Path, volume: Path
) -> None:
    links.link(f"{root}/data", volume)
    links.link(f"{root}/data/", volume)
    links.remove()
    assert list(root.iterdir()) == []


def test_two_volumes_cannot_be_at_one_path(links: PodLinks, root: Path, volume: Path) -> None:
    links.link(f"{root}/data", volume)
    with pytest.raises(LinkError, match="another volume of the pod is linked there already"):
        links.link(f"{root}/data", volume / "other")


def test_what_is_at_its_own_path_needs_no_link(links: PodLinks, volume: Path) -> None:
    links.link(str(volume), volume)
    assert volume.is_dir()
    assert not volume.is_symlink()


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("{root}", "nothing may be linked there"),
        ("{root}/../data", "without '..'"),
        ("/data", r"nothing may be linked there; allow it with .* \(--link-mounts-under /\)"),
        ("data", "must be an absolute path"),
        ("{root}/there", "something is there already"),
        ("{root}/dangling", "something is there already"),
        ("{root}/out/data", "nothing may be linked there"),
        ("{root}/there/data", "cannot be linked"),
    ],
)
def test_a_link_is_refused(
    links: PodLinks, root: Path, volume: Path, path: str, reason: str
) -> None:
    (root / "there").touch()
    (root / "dangling").symlink_to("/nowhere")
    (root / "out").symlink_to(volume)
    with pytest.raises(LinkError, match=reason):
        links.link(path.format(root=root), volume)
    links.remove()
    assert sorted(each.name for each in root.iterdir()) == ["dangling", "out", "there"]


def test_a_link_may_stand_below_a_directory_that_is_reached_by_another_path(
    root: Path, volume: Path, tmp_path: Path
) -> None:
    (tmp_path / "alias").symlink_to(root)
    links = PodLinks(LinkRules.below([tmp_path / "alias"]), NoGuard())
    links.link(f"{tmp_path}/alias/one", volume)
    links.link(f"{root}/two", volume)
    assert sorted(each.name for each in root.iterdir()) == ["one", "two"]
    links.remove()
    assert list(root.iterdir()) == []


def test_rules_need_directories_that_exist(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"missing.*must be an existing directory"):
        LinkRules.below([tmp_path / "missing"])
