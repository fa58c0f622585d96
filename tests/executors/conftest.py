"""What tests of images have in common: a store, and a place for the images it unpacks."""

from __future__ import annotations

from pathlib import Path

import pytest

from seedpod.executors.subprocess._images.store import ImageStore


@pytest.fixture
def store(tmp_path: Path) -> ImageStore:
    return ImageStore(tmp_path / "store")


@pytest.fixture
def images(tmp_path: Path) -> Path:
    return tmp_path / "images"
