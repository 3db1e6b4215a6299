import os

# Opened, and never written to: the first names the program that runs at each crash, on the host.
PATHS = ["/proc/sys/kernel/core_pattern", "/proc/sys/kernel/modprobe", "/proc/sys/vm/drop_caches"]
PATHS += ["/proc/sysrq-trigger", "/proc/irq/default_smp_affinity", "/sys/kernel/uevent_helper"]
PATHS += ["/dev/mem", "/dev/kmsg", "/dev/sda", "/dev/vda"]


def opened(path: str) -> bool:
    try:
        os.close(os.open(path, os.O_WRONLY))
    except OSError:
        return False
    return True


print("opened:", [path for path in PATHS if opened(path)])
