"""Asking one address over many connections at once, from a process of its own."""

import argparse
import http.client
import json
import re
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from urllib.parse import urlsplit

TIMEOUT_SECONDS = 30
_DURATION = re.compile(r"app;dur=([0-9.]+)")


@dataclass(frozen=True, kw_only=True)
class Load:
    """What was seen: milliseconds by request, inside the application and at the client."""

    statuses: list[int]
    server: list[float]
    client: list[float]
    seconds: float
    octets: int


def ask(address: str, /, *, connections: int, requests: int, headers: Mapping[str, str]) -> Load:
    """Send `requests` requests over each connection, one after another, all connections at once."""
    parts = urlsplit(address)
    path = f"{parts.path}?{parts.query}" if parts.query else parts.path
    statuses: list[int] = []
    server: list[float] = []
    client: list[float] = []
    sizes: list[int] = []
    ready = threading.Barrier(connections + 1)

    def send() -> None:
        connection = http.client.HTTPConnection(parts.netloc, timeout=TIMEOUT_SECONDS)
        connection.connect()
        ready.wait()
        for _ in range(requests):
            started = time.perf_counter()
            connection.request("GET", path, headers=dict(headers))
            answer = connection.getresponse()
            body = answer.read()
            client.append(1000 * (time.perf_counter() - started))
            statuses.append(answer.status)
            sizes.append(len(body))
            if found := _DURATION.search(answer.headers.get("Server-Timing", "")):
                server.append(float(found[1]))
        connection.close()

    threads = [threading.Thread(target=send) for _ in range(connections)]
    for thread in threads:
        thread.start()
    ready.wait()
    started = time.perf_counter()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - started
    return Load(
        statuses=statuses,
        server=server,
        client=client,
        seconds=seconds,
        octets=max(sizes, default=0),
    )


def main() -> None:
    """Print what was seen as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("address")
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--requests", type=int, default=100)
    parser.add_argument("--headers", type=json.loads, default={}, help="as a JSON object")
    given = parser.parse_args()
    found = ask(
        given.address, connections=given.connections, requests=given.requests, headers=given.headers
    )
    sys.stdout.write(json.dumps(asdict(found)))


if __name__ == "__main__":
    main()
