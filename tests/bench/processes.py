"""What a tree of processes costs: CPU time and memory, from /proc."""

import os
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_TICKS_PER_S: Final = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Cost:
    """Of a stretch of time."""

    cpu_percent: float
    """Of one core; user and system."""
    pss_mb: float
    """Proportional set size at the end: shared pages count by share."""


def tree(root: int, *, without: Callable[[str], bool] = lambda _command: False) -> list[int]:
    """The process and its descendants; not those whose command line ``without`` holds for, nor theirs."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (fields := _stat(int(entry.name))):
            children.setdefault(int(fields[1]), []).append(int(entry.name))
    found, waiting = [], [root]
    while waiting:
        pid = waiting.pop()
        if not without(command_of(pid)):
            found.append(pid)
            waiting += children.get(pid, [])
    return found


def command_of(pid: int) -> str:
    """The command line; nothing for a process that is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


class Meter:
    """Counts from its making to ``read``."""

    def __init__(self, pids: Callable[[], list[int]]) -> None:
        self._pids = pids
        self._before = {pid: _cpu_s(pid) for pid in pids()}
        self._began_s = time.monotonic()

    def read(self) -> Cost:
        """What it was."""
        pids = self._pids()
        spent_s = sum(_cpu_s(pid) - self._before.get(pid, 0.0) for pid in pids)
        return Cost(100 * spent_s / (time.monotonic() - self._began_s), sum(map(_pss_mb, pids)))


def waited_s(pids: Iterable[int]) -> float:
    """How long their threads have been ready to run and did not, because the machine had others to serve."""
    waits_ns = 0
    for pid in pids:
        for thread in Path(f"/proc/{pid}/task").glob("*/schedstat"):
            with suppress(OSError):  # it has ended meanwhile
                waits_ns += int(thread.read_text().split()[1])
    return waits_ns / 1e9


def _stat(pid: int) -> list[str]:
    """The fields after the command's name; none for a process that is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _cpu_s(pid: int) -> float:
    fields = _stat(pid)
    return (int(fields[11]) + int(fields[12])) / _TICKS_PER_S if fields else 0.0


def _pss_mb(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("Pss:")), 0.0)
