import os
import signal

MIB = 1 << 20
CAP = 32  # of them, so that a host without the protection is not hurt

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)


def fill(folder: str) -> int:
    written = 0
    names = [os.path.join(folder, f"filler-{number}") for number in range(CAP)]
    try:
        for name in names:
            with open(name, "wb") as file:
                file.write(bytes(MIB))
            written += 1
    except OSError:
        pass
    for name in names:
        try:
            os.unlink(name)
        except OSError:
            break
    return written


# A folder of each place that may be another file system, and those that an image may own.
PLACES = ["/", "/dev", "/dev/shm", "/etc", "/home", "/mnt", "/opt", "/root", "/run", "/srv", "/tmp"]
PLACES += ["/usr", "/usr/local", "/var", "/var/tmp", "/var/log"]
print("filled:", [place for place in PLACES if fill(place)])
