import socket

PORTS = [22, 2375, 60606]  # the last is where the host listens in the experiment without protection
ADDRESSES = [
    ("172.17.0.1", 2375),  # the host, through Docker's bridge
    ("172.17.0.1", 22),
    ("169.254.169.254", 80),  # metadata of a cloud
    ("10.0.0.1", 53),
    ("192.0.2.1", 443),
    ("example.org", 443),
    ("host.docker.internal", 80),
]
FAMILIES = {  # family, type, protocol
    "AF_INET raw": (2, 3, 1),
    "AF_NETLINK audit": (16, 3, 9),
    "AF_PACKET": (17, 3, 768),
    "AF_ALG": (38, 5, 0),
    "AF_VSOCK": (40, 1, 0),
    "AF_XDP": (44, 3, 0),
}


def is_up(name: str) -> bool:
    with open(f"/sys/class/net/{name}/flags") as file:  # some kernels add tunnels that are down
        return int(file.read(), 16) & 1 == 1


def gateways() -> list[str]:
    """Give the first address of each network that there is a way to: the host's own."""
    with open("/proc/net/route") as file:
        networks = [int(line.split()[1], 16) for line in list(file)[1:]]
    return [socket.inet_ntoa((number + (1 << 24)).to_bytes(4, "little")) for number in networks]


def reaches(address: tuple[str, int]) -> bool:
    try:
        socket.create_connection(address, timeout=1).close()
    except OSError:
        return False
    return True


def opens(family: int, kind: int, protocol: int) -> bool:
    try:
        socket.socket(family, kind, protocol).close()
    except OSError:
        return False
    return True


TRIED = [*ADDRESSES, *((host, port) for host in gateways() for port in PORTS)]
print("interfaces:", *(name for _, name in socket.if_nameindex() if is_up(name)))
print("reached:", [address for address in TRIED if reaches(address)])
print("opened:", sorted(name for name, args in FAMILIES.items() if opens(*args)))
