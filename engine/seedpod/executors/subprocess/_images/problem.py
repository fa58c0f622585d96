"""What can be wrong with an image."""

from __future__ import annotations


class ImageError(Exception):
    """An image, or something in it, cannot be used; the sentence says why."""
