"""System call filters of containers: a profile's name in, a program for the kernel out.

The program is what `bwrap --seccomp FD` reads: an array of `struct sock_filter`.
"""

from __future__ import annotations

from seedpod.executors.subprocess._seccomp._errors import ProfileError as ProfileError
from seedpod.executors.subprocess._seccomp._errors import SeccompError as SeccompError
from seedpod.executors.subprocess._seccomp._library import lacking as lacking
from seedpod.executors.subprocess._seccomp._program import PROFILES as PROFILES
from seedpod.executors.subprocess._seccomp._program import as_fd as as_fd
from seedpod.executors.subprocess._seccomp._program import program as program
