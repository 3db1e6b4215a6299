import os


def takes_signal(pid: int) -> bool:
    try:
        os.kill(pid, 0)  # asks whether it might, and sends none
    except OSError:
        return False
    return True


def readable(pid: int) -> bool:
    try:
        open(f"/proc/{pid}/environ").close()
    except OSError:
        return False
    return True


def named(pids: list[int]) -> list[int | str]:
    return ["itself" if pid == os.getpid() else pid for pid in pids][:5]


seen = sorted(int(name) for name in os.listdir("/proc") if name.isdigit())
print("processes:", named(seen))
print("would take a signal:", named([pid for pid in seen if pid != 1 and takes_signal(pid)]))
print("environments read:", named([pid for pid in seen if pid != 1 and readable(pid)]))
