import ctypes
import errno
import os

# Numbers on x86_64 and aarch64; -1 where the machine has no such call.
CALLS = {
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "fsopen": (430, 430),
    "move_mount": (429, 429),
    "unshare": (272, 97),
    "setns": (308, 268),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "keyctl": (250, 219),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "kexec_load": (246, 104),
    "open_by_handle_at": (304, 265),
    "syslog": (103, 116),
    "reboot": (169, 142),
    "sethostname": (170, 161),
    "modify_ldt": (154, -1),
    "iopl": (172, -1),
    "mq_open": (240, 180),
    "vmsplice": (278, 75),
    "memfd_secret": (447, 447),
    "clone3": (435, 435),
}
REFUSED = {errno.EPERM, errno.ENOSYS}
libc = ctypes.CDLL(None, use_errno=True)
column = ["x86_64", "aarch64"].index(os.uname().machine)


def allowed(number: int) -> bool:
    # With arguments that are wrong for every call: one that is allowed says so in another way.
    answer: int = libc.syscall(number, -1, 0, 0, 0, 0)
    return answer >= 0 or ctypes.get_errno() not in REFUSED


numbers = {name: known[column] for name, known in CALLS.items() if known[column] >= 0}
print("tried:", len(numbers))
print("allowed:", [name for name, number in numbers.items() if allowed(number)])
