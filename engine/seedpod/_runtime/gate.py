"""What lets whoever started a container go on to the next one."""

from __future__ import annotations

from anyio.abc import TaskStatus


class Gate:
    """Opened at the container's first start, or when there will be none.

    An app that could not be started at once does not hold back the next one either.
    """

    def __init__(self, task_status: TaskStatus[bool], *, is_of_app: bool) -> None:
        self._task_status: TaskStatus[bool] | None = task_status
        self._is_of_app = is_of_app

    def start_failed(self) -> None:
        """The container could not be started at once; it is tried again."""
        if self._is_of_app:
            self.open(has_started=False)

    def open(self, *, has_started: bool) -> None:
        """Let the next one go on; only the first call counts."""
        task_status, self._task_status = self._task_status, None
        if task_status is not None:
            task_status.started(has_started)
