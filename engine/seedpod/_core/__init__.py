"""Decisions: pure functions of values, with no clock, no chance, no task and no I/O."""

from __future__ import annotations
