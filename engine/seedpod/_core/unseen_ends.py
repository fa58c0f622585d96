"""Ends that nobody saw, in the words a status has for them.

Source: kubelet, `convertToAPIContainerStatuses` and `TerminatePod`.
"""

from __future__ import annotations

from typing import Final

from seedpod.status import Terminated, Waiting

EXIT_CODE: Final = 137
"""What is reported of such an end: an error."""
UNKNOWN: Final = "ContainerStatusUnknown"
RESTARTING_ALL: Final = "RestartingAllContainers"
LOST_MESSAGE: Final = "The container could not be located when the pod was terminated"
_RESET_MESSAGE: Final = "The container is removed because RestartAllContainers in place"

LOST: Final = Terminated(EXIT_CODE, UNKNOWN, LOST_MESSAGE)
"""The container was there, and is not any more."""
RESET: Final = Terminated(EXIT_CODE, RESTARTING_ALL, _RESET_MESSAGE)
"""It was removed, so that all containers begin anew."""
RESETTING: Final = Waiting(RESTARTING_ALL, _RESET_MESSAGE)
"""It begins anew when its turn comes."""
