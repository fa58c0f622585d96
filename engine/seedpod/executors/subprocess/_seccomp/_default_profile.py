"""`RuntimeDefault`: what containers may call under containerd and Docker, by what it is for.

What is not listed is refused by EPERM: among it keys, io_uring, userfaultfd, swap, kexec and
whatever makes namespaces or mounts. The kernel asks for a capability itself where a rule here
depends on one; the rule keeps code that is of no use without it out of reach.

Source: github.com/moby/profiles, seccomp; containerd, contrib/seccomp.
"""

from __future__ import annotations

from errno import ENOSYS
from functools import cache
from typing import Final

from seedpod.executors.subprocess._seccomp._profile import (
    Action,
    Choice,
    Comparison,
    Condition,
    Profile,
    Rule,
)

_FILES: Final = """
open openat openat2 creat close close_range name_to_handle_at
read readv pread64 preadv preadv2 write writev pwrite64 pwritev pwritev2 lseek _llseek
dup dup2 dup3 fcntl fcntl64 flock ioctl pipe pipe2
copy_file_range sendfile sendfile64 splice tee vmsplice
fadvise64 fadvise64_64 fallocate readahead cachestat
fsync fdatasync sync syncfs sync_file_range
truncate truncate64 ftruncate ftruncate64
access faccessat faccessat2 stat stat64 lstat lstat64 fstat fstat64 fstatat64 newfstatat statx
statfs statfs64 fstatfs fstatfs64 listmount statmount
chmod fchmod fchmodat fchmodat2 chown chown32 lchown lchown32 fchown fchown32 fchownat umask
utime utimes futimesat utimensat utimensat_time64
getxattr lgetxattr fgetxattr getxattrat setxattr lsetxattr fsetxattr setxattrat
listxattr llistxattr flistxattr listxattrat removexattr lremovexattr fremovexattr removexattrat
chdir fchdir getcwd getdents getdents64 mkdir mkdirat rmdir mknod mknodat
link linkat symlink symlinkat readlink readlinkat unlink unlinkat rename renameat renameat2
inotify_init inotify_init1 inotify_add_watch inotify_rm_watch fanotify_mark
"""
_WAITING: Final = """
select _newselect pselect6 pselect6_time64 poll ppoll ppoll_time64
epoll_create epoll_create1 epoll_ctl epoll_ctl_old
epoll_wait epoll_wait_old epoll_pwait epoll_pwait2 eventfd eventfd2
io_setup io_destroy io_submit io_cancel io_getevents io_pgetevents io_pgetevents_time64
"""
_MEMORY: Final = """
brk mmap mmap2 munmap mremap mprotect madvise msync mincore remap_file_pages
mlock mlock2 mlockall munlock munlockall mseal map_shadow_stack
pkey_alloc pkey_free pkey_mprotect memfd_create memfd_secret membarrier
"""
_PROCESSES: Final = """
fork vfork execve execveat exit exit_group wait4 waitid waitpid process_mrelease
getpid getppid gettid getpgid getpgrp getsid setpgid setsid pidfd_open pidfd_send_signal
set_tid_address set_thread_area get_thread_area set_robust_list get_robust_list rseq
futex futex_time64 futex_wait futex_wake futex_waitv futex_requeue
getrlimit ugetrlimit setrlimit prlimit64 getrusage getpriority setpriority ioprio_get ioprio_set
sched_yield sched_getaffinity sched_setaffinity sched_getattr sched_setattr
sched_getparam sched_setparam sched_getscheduler sched_setscheduler
sched_get_priority_max sched_get_priority_min
sched_rr_get_interval sched_rr_get_interval_time64
prctl getcpu getrandom uname sysinfo uretprobe riscv_hwprobe
"""
_SIGNALS: Final = """
kill tkill tgkill pause restart_syscall sigaltstack sigprocmask sigreturn signalfd signalfd4
rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo rt_tgsigqueueinfo rt_sigreturn
rt_sigsuspend rt_sigtimedwait rt_sigtimedwait_time64
"""
_IDENTITY: Final = """
getuid getuid32 geteuid geteuid32 getgid getgid32 getegid getegid32 getgroups getgroups32
getresuid getresuid32 getresgid getresgid32
setuid setuid32 setgid setgid32 setgroups setgroups32 setreuid setreuid32 setregid setregid32
setresuid setresuid32 setresgid setresgid32 setfsuid setfsuid32 setfsgid setfsgid32
capget capset seccomp landlock_create_ruleset landlock_add_rule landlock_restrict_self
"""
_TIME: Final = """
time times gettimeofday adjtimex clock_adjtime clock_adjtime64
clock_getres clock_getres_time64 clock_gettime clock_gettime64
nanosleep clock_nanosleep clock_nanosleep_time64 alarm getitimer setitimer
timer_create timer_delete timer_getoverrun
timer_gettime timer_gettime64 timer_settime timer_settime64
timerfd_create timerfd_gettime timerfd_gettime64 timerfd_settime timerfd_settime64
"""
_TALKING: Final = """
socketcall socketpair bind listen accept accept4 connect shutdown
getsockname getpeername getsockopt setsockopt
send sendto sendmsg sendmmsg recv recvfrom recvmsg recvmmsg recvmmsg_time64
ipc msgget msgctl msgsnd msgrcv semget semctl semop semtimedop semtimedop_time64
shmget shmctl shmat shmdt mq_open mq_unlink mq_notify mq_getsetattr
mq_timedsend mq_timedsend_time64 mq_timedreceive mq_timedreceive_time64
"""
_EVERYBODY: Final = (_FILES, _WAITING, _MEMORY, _PROCESSES, _SIGNALS, _IDENTITY, _TIME, _TALKING)

_BY_ARCHITECTURE: Final = (
    ("amd64 x32", "arch_prctl"),
    ("amd64 x32 x86", "modify_ldt"),
    (
        "arm arm64",
        "arm_fadvise64_64 arm_sync_file_range sync_file_range2 breakpoint cacheflush set_tls",
    ),
    ("ppc64le", "sync_file_range2 swapcontext"),
    ("riscv64", "riscv_flush_icache"),
    ("s390 s390x", "s390_pci_mmio_read s390_pci_mmio_write s390_runtime_instr"),
)

_ADMINISTRATION: Final = """
clone clone3 unshare setns sethostname setdomainname quotactl quotactl_fd
mount umount umount2 mount_setattr move_mount open_tree fsopen fsconfig fsmount fspick
fanotify_init lookup_dcookie bpf perf_event_open syslog
lsm_get_self_attr lsm_set_self_attr lsm_list_modules
"""
_BY_CAPABILITY: Final = (
    ("CAP_SYS_ADMIN", _ADMINISTRATION),
    ("CAP_BPF", "bpf"),
    ("CAP_DAC_READ_SEARCH", "open_by_handle_at"),
    ("CAP_PERFMON", "perf_event_open"),
    ("CAP_SYSLOG", "syslog"),
    ("CAP_SYS_BOOT", "reboot"),
    ("CAP_SYS_CHROOT", "chroot"),
    ("CAP_SYS_MODULE", "init_module finit_module delete_module"),
    ("CAP_SYS_NICE", "get_mempolicy set_mempolicy set_mempolicy_home_node mbind"),
    ("CAP_SYS_PACCT", "acct"),
    (
        "CAP_SYS_PTRACE",
        "ptrace process_vm_readv process_vm_writev process_madvise kcmp pidfd_getfd",
    ),
    ("CAP_SYS_RAWIO", "iopl ioperm"),
    ("CAP_SYS_TIME", "settimeofday stime clock_settime clock_settime64"),
    ("CAP_SYS_TTY_CONFIG", "vhangup"),
)

_TRACING: Final = "ptrace process_vm_readv process_vm_writev"
_TRACING_SINCE: Final = (4, 8)
"""Before, a process could get round its filter by changing the calls of one it traced."""

_PERSONALITIES: Final = (0x0, 0x8, 0x2_0000, 0x2_0008, 0xFFFF_FFFF)
"""Linux; its 32 bits; either with the release given as 2.6; and the question which it is."""

_AF_ALG: Final = 38
"""The first family of sockets that is refused; the other is 40, AF_VSOCK."""
_FAMILIES_ABOVE: Final = (39, 41, 42, 43, 44, 45)
"""NFC, KCM, QIPCRTR, SMC, XDP, MCTP: one by one, for the kernel looks at the lower half of the
argument alone, and a rule for all that is not AF_VSOCK would have a hole."""

_NAMESPACES: Final = 0x7E02_0000
"""CLONE_NEW: NS, CGROUP, UTS, IPC, USER, PID, NET."""
_ADMIN: Final = frozenset({"CAP_SYS_ADMIN"})
_S390: Final = frozenset({"s390", "s390x"})
_SUBARCHITECTURES: Final = {
    "X86_64": ("X86", "X32"),
    "AARCH64": ("ARM",),
    "MIPS64": ("MIPS", "MIPS64N32"),
    "MIPS64N32": ("MIPS", "MIPS64"),
    "MIPSEL64": ("MIPSEL", "MIPSEL64N32"),
    "MIPSEL64N32": ("MIPSEL", "MIPSEL64"),
    "S390X": ("S390",),
}


@cache
def default_profile() -> Profile:
    """The profile that `RuntimeDefault` names."""
    return Profile(
        default_action=Action.ERRNO,
        arch_map=_SUBARCHITECTURES,
        rules=(
            Rule(names=tuple(" ".join(_EVERYBODY).split())),
            Rule(names=tuple(_TRACING.split()), includes=Choice(min_kernel=_TRACING_SINCE)),
            *_rules_of_arguments(),
            *(
                Rule(
                    names=tuple(names.split()), includes=Choice(architectures=frozenset(on.split()))
                )
                for on, names in _BY_ARCHITECTURE
            ),
            *(
                Rule(names=tuple(names.split()), includes=Choice(capabilities=frozenset({held})))
                for held, names in _BY_CAPABILITY
            ),
        ),
    )


def _rules_of_arguments() -> tuple[Rule, ...]:
    """Calls that are harmless with some arguments only."""
    return (
        *(_allowed("personality", each) for each in _PERSONALITIES),
        _allowed("socket", _AF_ALG, Comparison.SCMP_CMP_LT),
        *(_allowed("socket", each) for each in _FAMILIES_ABOVE),
        Rule(
            names=("clone",),
            conditions=(Condition(0, Comparison.SCMP_CMP_MASKED_EQ, _NAMESPACES, 0),),
            excludes=Choice(capabilities=_ADMIN, architectures=_S390),
        ),
        Rule(  # the arguments stand in another order there
            names=("clone",),
            conditions=(Condition(1, Comparison.SCMP_CMP_MASKED_EQ, _NAMESPACES, 0),),
            includes=Choice(architectures=_S390),
            excludes=Choice(capabilities=_ADMIN),
        ),
        Rule(  # its flags are behind a pointer; a C library that is told so takes clone
            names=("clone3",),
            action=Action.ERRNO,
            errno=ENOSYS,
            excludes=Choice(capabilities=_ADMIN),
        ),
    )


def _allowed(name: str, value: int, op: Comparison = Comparison.SCMP_CMP_EQ) -> Rule:
    return Rule(names=(name,), conditions=(Condition(0, op, value),))
