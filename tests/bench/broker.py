"""How fast the broker mints on one core, what it adds to a bare reverse proxy, and whether its memory stays flat.

    python -m tests.bench.broker [--requests 100000 [--calls]] [--seconds 5] [--redis] [--json FILE]

Broker and proxy take turns on core 0; the load and the server behind them run on core 1. Nothing leaves this machine.
"""

import argparse
import asyncio
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from tests.bench.broker_neighbours import KEY
from tests.support.broker import COMMAND, ROOT, environment, people
from tests.support.redis_server import redis_server

BROKER_CORE, OTHER_CORE = 0, 1
CROWD = 16
WARM_UP_S = 1.0
ROUNDS = 3
BODY = json.dumps({"session": {"type": "realtime", "model": "gpt-realtime-2.1"}}).encode()
OFFER = b"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"
CONFIG = """
[upstream]
kind = "compatible"
base_url = "{upstream}"
[limits]
address_rate = "999999/second"
[redis]
url = "{redis}"
[audit]
directory = "audit"
[log]
level = "warning"
[policies.default]
rate = "999999/second"
sessions = 10000
secret_s = 10
minutes_per_day = 0
"""
USERS = 200
"""Enough that nobody has more sessions than anybody may: a minted secret keeps its place for its life of 10 s."""


@dataclass(frozen=True)
class Result:
    """What a run of load found; times in milliseconds."""

    per_s: float
    p50_ms: float
    p99_ms: float
    per_core_s: float = 0.0
    """Requests for a second of the process's own processor time: what a core of its own would do, on a busy machine."""
    refused: int = 0
    """Those that did not get what they asked for."""


class Client:
    """A kept connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def post(self, token: str, path: str, kind: str, body: bytes) -> bytes:
        """The head of the answer."""
        head = (
            f"POST {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\n"
            f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        self._writer.write(head.encode() + body)
        answer = await self._reader.readuntil(b"\r\n\r\n")
        await self._reader.readexactly(int(field_of(answer, b"content-length") or 0))
        return answer

    async def mint(self, token: str) -> bool:
        """Whether there was a secret."""
        answer = await self.post(token, "/v1/realtime/client_secrets", "application/json", BODY)
        return answer.startswith(b"HTTP/1.1 200")

    async def call(self, token: str) -> bool:
        """Whether a call was begun, and hung up."""
        begun = await self.post(token, "/v1/realtime/calls", "application/sdp", OFFER)
        place = field_of(begun, b"location").decode()
        ended = await self.post(token, f"{place}/hangup", "text/plain", b"")
        return begun.startswith(b"HTTP/1.1 201") and ended.startswith(b"HTTP/1.1 200")

    async def close(self) -> None:
        self._writer.close()
        await self._writer.wait_closed()


def field_of(head: bytes, name: bytes) -> bytes:
    """A field of an HTTP head, or nothing."""
    at = head.lower().find(b"\r\n" + name + b":")
    return head[at:].split(b":", 1)[1].split(b"\r\n", 1)[0].strip() if at >= 0 else b""


async def load(
    pid: int, url: str, tokens: list[str], crowd: int, seconds: float, most: int | None = None, *, calls: bool = False
) -> Result:
    """A closed loop of so many kept connections; ``calls`` are begun and hung up, instead of secrets minted."""
    took: list[float] = []
    refused = 0
    until = time.perf_counter() + seconds
    left = most if most is not None else sys.maxsize

    async def one(number: int) -> None:
        nonlocal left, refused
        parts = urlsplit(url)
        client = Client(*await asyncio.open_connection(parts.hostname, parts.port))
        ask = client.call if calls else client.mint
        turn = number
        while time.perf_counter() < until and left > 0:
            left -= 1
            turn += crowd
            begun = time.perf_counter()
            refused += not await ask(tokens[turn % len(tokens)])
            took.append((time.perf_counter() - begun) * 1000)
        await client.close()

    begun = time.perf_counter()
    spent_s = processor_s(pid)
    async with asyncio.TaskGroup() as tasks:
        for number in range(crowd):
            tasks.create_task(one(number))
    whole_s, spent_s = time.perf_counter() - begun, processor_s(pid) - spent_s
    cuts = statistics.quantiles(took, n=100)
    return Result(len(took) / whole_s, cuts[49], cuts[98], len(took) / max(spent_s, 0.01), refused)


@contextlib.contextmanager
def process(command: list[str], folder: Path, **env: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A process and the first line that it prints."""
    with (folder / "errors").open("a") as errors:
        child = subprocess.Popen(
            command, cwd=ROOT, env=environment(**env), stdout=subprocess.PIPE, stderr=errors, text=True
        )
    try:
        assert child.stdout is not None
        line = child.stdout.readline()
        assert line, (folder / "errors").read_text()
        yield child, line.strip()
    finally:
        child.kill()
        child.communicate()


@contextlib.contextmanager
def neighbour(folder: Path, *arguments: str) -> Iterator[tuple[int, str]]:
    """Its process id and address."""
    command = [sys.executable, "-m", "tests.bench.broker_neighbours", *arguments]
    with process(command, folder) as (child, url):
        yield child.pid, url


@contextlib.contextmanager
def running_broker(folder: Path, upstream: str, redis: str, lines: str) -> Iterator[tuple[int, str]]:
    """The broker's process id and address."""
    (folder / "broker.toml").write_text(CONFIG.format(upstream=upstream, redis=redis))
    command = [*COMMAND, "--config", str(folder / "broker.toml"), "--port", "0"]
    with process(command, folder, PARLANCE_BROKER_KEY=KEY, PARLANCE_BROKER_TOKENS=lines) as (child, line):
        if hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(child.pid, {BROKER_CORE})
        yield child.pid, str(json.loads(line)["url"])


def processor_s(pid: int) -> float:
    """Processor time of a process so far (proc(5): fields 14 and 15 of stat)."""
    words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def memory_mib(pid: int) -> dict[str, float]:
    """What a process has in memory: whole, and with shared pages counted in parts (proc(5): smaps_rollup)."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return {name.lower(): round(int(rollup.partition(f"\n{name}:")[2].split()[0]) / 1024, 1) for name in ("Rss", "Pss")}


def measure(options: argparse.Namespace, folder: Path, redis: str) -> dict[str, object]:
    """All figures."""
    who = people(*(f"user{number}" for number in range(USERS)))
    tokens = list(who.tokens.values())
    with (
        neighbour(folder, "server", str(OTHER_CORE)) as (_, upstream),
        neighbour(folder, "proxy", str(BROKER_CORE), upstream) as proxy,
        running_broker(folder, upstream, redis, who.lines) as broker,
    ):
        found: dict[tuple[str, int], list[Result]] = {}
        for pid, url in (proxy, broker):
            asyncio.run(load(pid, url, tokens, CROWD, WARM_UP_S))
        for _ in range(ROUNDS if options.seconds else 0):  # in turns, so that a busy machine slows both
            for crowd in (1, CROWD):
                for name, (pid, url) in (("proxy", proxy), ("broker", broker)):
                    result = asyncio.run(load(pid, url, tokens, crowd, options.seconds))
                    found.setdefault((name, crowd), []).append(result)
        figures = _figures(found) if found else {}
        if options.requests:
            figures |= _memory(*broker, tokens, options.requests, calls=options.calls)
    return figures


def _figures(found: dict[tuple[str, int], list[Result]]) -> dict[str, object]:
    """The median of the rounds of each figure."""
    figures: dict[str, object] = {}
    for (name, crowd), results in found.items():
        for figure in ("per_s", "per_core_s", "p50_ms", "p99_ms"):
            value = statistics.median(getattr(each, figure) for each in results)
            figures[f"{name}_{crowd}_{figure}"] = round(value, 3)
        figures[f"{name}_{crowd}_refused"] = sum(each.refused for each in results)
    for crowd in (1, CROWD):
        pairs = list(zip(found["broker", crowd], found["proxy", crowd], strict=True))
        figures[f"share_{crowd}"] = round(statistics.median(one.per_s / other.per_s for one, other in pairs), 3)
        cores = statistics.median(one.per_core_s / other.per_core_s for one, other in pairs)
        figures[f"core_share_{crowd}"] = round(cores, 3)
        for figure in ("p50_ms", "p99_ms"):
            added = statistics.median(getattr(one, figure) - getattr(other, figure) for one, other in pairs)
            figures[f"added_{crowd}_{figure}"] = round(added, 3)
    return figures


def _memory(pid: int, url: str, tokens: list[str], requests: int, *, calls: bool) -> dict[str, object]:
    """Memory before, and after each tenth of the requests."""
    turns = requests // 20 if calls else requests // 10
    figures: dict[str, object] = {f"{name}_mib_at_0": size for name, size in memory_mib(pid).items()}
    refused = 0
    for done in range(requests // 10, requests + 1, requests // 10):
        refused += asyncio.run(load(pid, url, tokens, CROWD, 3600, turns, calls=calls)).refused
        figures |= {f"{name}_mib_at_{done}": size for name, size in memory_mib(pid).items()}
    return {**figures, "memory_refused": refused}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=100_000, help="for the memory figure; 0 leaves it out")
    parser.add_argument("--calls", action="store_true", help="for it begin and hang up calls, which are two requests")
    parser.add_argument("--seconds", type=float, default=5.0, help="for each of the runs; 0 leaves them out")
    parser.add_argument("--redis", action="store_true", help="count in a real Redis instead of in memory")
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {OTHER_CORE})
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as stack:
        redis = stack.enter_context(redis_server(Path(name) / "redis")).url if options.redis else ""
        figures = measure(options, Path(name), redis)
    for figure, value in figures.items():
        print(f"{figure:<22} {value}")
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
