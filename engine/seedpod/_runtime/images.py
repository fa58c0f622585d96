"""A container's image: there, or fetched, or waited for, as its pull policy asks.

Source: kubelet, pkg/kubelet/images/image_manager.go.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, cast

import attrs
from anyio import sleep, sleep_until
from anyio.abc import TaskGroup

from seedpod import events
from seedpod._core.backoff import go_duration
from seedpod._core.image_names import Malformed, normalised
from seedpod._core.pull_backoff import FailedPull, after_failed_pull, pull_due_at
from seedpod._core.pull_secrets import Unreadable, logins_for
from seedpod._runtime.container_run import ContainerRun
from seedpod._runtime.objects import RETRY_SECONDS
from seedpod._runtime.pausing import paused
from seedpod._runtime.pull_progress import ProgressReport
from seedpod._runtime.pulls import Pulls
from seedpod._runtime.settings import Settings
from seedpod.abc import CanPull, ImagePull, RegistryCredentials
from seedpod.errors import PullError
from seedpod.spec import PullPolicy, Secret

_PULL_ERROR: Final = "ErrImagePull"
_BACK_OFF: Final = "ImagePullBackOff"


@attrs.frozen
class _Problem:
    """Why an image is not there."""

    reason: str
    message: str


async def has_image(
    container: ContainerRun, images: CanPull, has_to_wait: Callable[[], object]
) -> bool:
    """Have the container's image; False if the pod stops first.

    Args:
        container: No attempt of it runs.
        images: The executor, which has images.
        has_to_wait: Called when the image is not there, and cannot be had at once.

    Cancellation: stops waiting.
    """
    search = _Search(container, images)
    while await _backed_off(container) and await paused(container, search.look):
        if search.is_found:
            return True
        has_to_wait()
        problem = search.problem
        if problem is not None:
            _waits(container, problem.reason, problem.message)
            if not await paused(container, lambda: sleep(RETRY_SECONDS)):
                return False
    return False


async def _backed_off(container: ContainerRun) -> bool:
    """Wait until the image may be fetched (again); False if the pod stops first."""
    pod = container.pod
    settings = pod.settings
    image = container.spec.image
    failed = pod.failed_pulls.get(image)
    if failed is None:
        return not container.is_stopping
    due = pull_due_at(failed.backoff, settings.clock(), settings.backoff)
    if due <= settings.clock():
        return not container.is_stopping
    message = f'Back-off pulling image "{image}": {failed.reason}: {failed.message}'
    _waits(container, _BACK_OFF, message, settings.date(due))
    return await paused(container, lambda: sleep_until(due))


@attrs.define(eq=False)
class _Search:
    """Looks for the image of one container, and fetches it."""

    container: ContainerRun
    images: CanPull
    is_found: bool = False
    problem: _Problem | None = None

    async def look(self) -> None:
        """Find the image, fetch it, or learn why neither can be done now."""
        given, policy = self.container.spec.image, self.container.spec.image_pull_policy
        self.problem = None
        name = normalised(given)
        if isinstance(name, Malformed):
            message = f'Failed to apply default image tag "{given}": {name.message}'
            self.problem = _Problem("InvalidImageName", message)
            return
        try:
            is_there = await self.images.has_image(name)
        except PullError as error:
            message = f'Failed to inspect image "{given}": {error.message}'
            self.problem = _Problem("ImageInspectError", message)
            return
        if is_there and policy != PullPolicy.ALWAYS:
            words = f'Container image "{given}" already present on machine'
            self._found(f"{words} and can be accessed by the pod")
        elif policy == PullPolicy.NEVER:
            message = f'Container image "{given}" is not present with pull policy of Never'
            self.problem = _Problem("ErrImageNeverPull", message)
        else:
            await self._pull(name)

    async def _pull(self, name: str) -> None:
        container = self.container
        pod, given = container.pod, container.spec.image
        settings = pod.settings
        secrets = _pull_secrets(container)
        container.cause = pod.happened(
            events.ContainerImagePulling, container.cause, container.name, given
        )
        began = settings.clock()
        size = await self._fetch(name, secrets)
        if isinstance(size, _Problem):
            known = pod.failed_pulls.get(given)
            before = None if known is None else known.backoff
            chance = settings.chance()
            after = after_failed_pull(before, settings.clock(), chance, settings.backoff)
            failed = FailedPull(after, size.reason, size.message)
            pod.failed_pulls = {**pod.failed_pulls, given: failed}
            _waits(container, size.reason, size.message)
            return
        took = go_duration(round(settings.clock() - began, 3))
        self._found(
            f'Successfully pulled image "{given}" in {took} ({took} including waiting).'
            f" Image size: {size} bytes."
        )

    async def _fetch(self, name: str, secrets: Sequence[Secret]) -> int | _Problem:
        """The size of the image once it is there, or why it could not be fetched."""
        logins = logins_for(name, secrets) if secrets else ()
        if isinstance(logins, Unreadable):
            return _Problem(_PULL_ERROR, logins.message)
        report = ProgressReport(self.container)
        wanted = ImagePull(
            image=name,
            credentials=tuple(RegistryCredentials(**attrs.asdict(each)) for each in logins),
            tell=report.take,
        )
        outcome = await _pulls(self.container.pod.settings, self.images).fetch(wanted)
        report.tell_newest()
        if isinstance(outcome, PullError):
            return _Problem(outcome.reason or _PULL_ERROR, outcome.message)
        return outcome

    def _found(self, message: str) -> None:
        container = self.container
        self.is_found = True
        container.cause = container.pod.happened(
            events.ContainerImagePulled,
            container.cause,
            container.name,
            container.spec.image,
            message,
        )


def _pulls(settings: Settings, images: CanPull) -> Pulls:
    if settings.pulls is None:
        group = cast("TaskGroup", settings.group)  # open as long as there are pods
        settings.pulls = Pulls(images, group)
    return settings.pulls


def _pull_secrets(container: ContainerRun) -> Sequence[Secret]:
    """The pod's `imagePullSecrets`, as far as they are there; the rest is reported.

    Source: kubelet, getPullSecretsForPod: a reference without a name is passed over.
    """
    pod = container.pod
    names = [each.name for each in pod.pod.spec.image_pull_secrets if each.name]
    if not names:
        return ()
    namespace, objects = pod.pod.metadata.namespace, pod.settings.objects
    found = {name: objects.secret(namespace, name) for name in names}
    missing = tuple(name for name in names if found[name] is None)
    if missing:
        pod.happened(events.ImagePullSecretsMissing, container.cause, missing)
    return [each for name in names if (each := found[name]) is not None]


def _waits(container: ContainerRun, reason: str, message: str, until: float | None = None) -> None:
    container.cause = container.pod.happened(
        events.ContainerWaiting, container.cause, container.name, reason, message, until
    )
