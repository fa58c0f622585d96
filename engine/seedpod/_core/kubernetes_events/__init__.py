"""Kubernetes' `Event` objects: what `kubectl get events` would show of a pod."""

from __future__ import annotations

from seedpod._core.kubernetes_events.correlation import KubernetesEvents as KubernetesEvents
from seedpod._core.kubernetes_events.translation import Occurrence as Occurrence
from seedpod._core.kubernetes_events.translation import occurrences as occurrences
