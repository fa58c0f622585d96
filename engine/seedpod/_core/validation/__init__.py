"""Validation: what is wrong with a pod, or with an object it refers to, all at once."""

from __future__ import annotations

from seedpod._core.validation.objects import object_problems
from seedpod._core.validation.pod import problems
from seedpod._core.validation.updates import update_problems

__all__ = ["object_problems", "problems", "update_problems"]
