"""Appends to and reads from UmaDB over its gRPC server, from concurrent clients.

bench.py SECONDS: starts the server that the package carries on a free port and a temporary directory, runs each
measurement for SECONDS, prints one JSON document.
"""

import json
import random
import socket
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from umadb import Client, Event

STREAMS = [f"deal:{uuid.uuid4()}" for _ in range(50_000)]
PAYLOAD = json.dumps({"DealMoved": {"from": "PROSPECTION", "to": "QUALIFICATION", "note": "x" * 180}}).encode()


def event() -> Event:
    return Event(event_type="DealMoved", data=PAYLOAD, tags=[random.choice(STREAMS)], uuid=uuid.uuid4())


def appends(url: str, clients: int, events: int, seconds: float) -> float:
    """Events per second that `clients` threads append, `events` at a time."""
    start = threading.Barrier(clients)

    def work(_: int) -> int:
        client = Client(url)
        start.wait()
        count, until = 0, time.monotonic() + seconds
        while time.monotonic() < until:
            client.append([event() for _ in range(events)])
            count += events
        return count

    with ThreadPoolExecutor(clients) as pool:
        return round(sum(pool.map(work, range(clients))) / seconds)


def reads(url: str) -> float:
    started = time.monotonic()
    client = Client(url, batch_size=5_000)  # reading ends when it is dropped
    count = sum(1 for _ in client.read())
    return round(count / (time.monotonic() - started))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 5.0
    server_program = Path(sys.executable).with_name("umadb")
    address = f"127.0.0.1:{free_port()}"
    with tempfile.TemporaryDirectory() as directory:
        server = subprocess.Popen(
            [server_program, "--listen", address, "--db-path", directory],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            url = f"http://{address}"
            for _ in range(100):
                try:
                    Client(url).head()
                    break
                except Exception:  # not listening yet
                    time.sleep(0.05)
            results = {
                "append1x1": appends(url, 1, 1, seconds),
                "append64x1": appends(url, 64, 1, seconds),
                "append16x50": appends(url, 16, 50, seconds),
                "read": reads(url),
            }
        finally:
            server.terminate()
            server.wait()
    print(json.dumps(results))


if __name__ == "__main__":
    main()
