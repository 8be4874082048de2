"""``python -m tests.bench``: measures, and prints one table of medians, ranges, ratios and goals.

    python -m tests.bench                              # Parlance alone
    python -m tests.bench --against chromium           # both, against the same server in the same run
    python -m tests.bench --only delays stalls --runs 1
    python -m tests.bench --only devices --minutes 10 --runs 1      # xruns in ten minutes with the window busy

What a machine cannot measure (no root, no virtual screen) is said and left out.
"""

import argparse
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

from tests.bench import echoes, keys, media, sounding, window
from tests.bench.chromium import provide
from tests.bench.desk import Desk, desk
from tests.bench.network import BenchTrouble, emulated_network
from tests.bench.rows import Row, machine, table, write
from tests.bench.selfcheck import self_check

CALL_S: Final = 60.0

ON_PAPER: Final[dict[str, Callable[[int], list[Row]]]] = {"echo": echoes.cancelling}
ON_THE_DESK: Final[dict[str, Callable[[Desk, "Bench"], list[Row]]]] = {
    "start": lambda place, bench: window.starting(place, bench.runs, bench.against),
    "conversation": lambda place, bench: window.conversing(place, bench.runs),
    "keys": lambda place, bench: keys.pressing(place, bench.runs),
    "streaming": lambda place, bench: window.streaming(place, bench.runs),
    "devices": lambda place, bench: sounding.sounding(place, bench.runs, 60 * bench.minutes),
}
ON_THE_NETWORK: Final[dict[str, Callable[[media.Field], list[Row]]]] = {
    "connect": media.connecting,
    "connect-loss": media.connecting_under_loss,
    "delays": media.delays,
    "impairment": media.impairment,
    "death": media.death,
    "stalls": media.stalls,
    "costs": lambda ground: media.costs(ground, CALL_S),
}
GROUPS: Final = (*ON_PAPER, *ON_THE_DESK, *ON_THE_NETWORK)


@dataclass
class Bench:
    """One run of the bench."""

    runs: int
    against: bool
    file: Path | None
    minutes: float
    """Of the call in which xruns are counted."""
    rows: list[Row] = field(default_factory=list)

    def measure(self, wanted: Sequence[str]) -> None:
        """All the groups that are wanted, where this machine can."""
        for name in _of(ON_PAPER, wanted):
            self._take(name, partial(ON_PAPER[name], self.runs))
        if _of(ON_THE_DESK, wanted):
            self._trying(partial(self._on_the_desk, _of(ON_THE_DESK, wanted)))
        if _of(ON_THE_NETWORK, wanted):
            self._trying(partial(self._on_the_network, _of(ON_THE_NETWORK, wanted)))

    def _on_the_desk(self, names: Sequence[str]) -> None:
        with desk() as place:
            for name in names:
                self._take(name, partial(ON_THE_DESK[name], place, self))

    def _on_the_network(self, names: Sequence[str]) -> None:
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="parlance-bench-")))
            network = stack.enter_context(emulated_network())
            exact = self_check(network)
            print(
                f"network emulator: {exact.round_trip_ms:.2f} ms round trip, {exact.error_ms:+.2f} ms at 50 ms, "
                f"jitter of its own {exact.jitter_ms:.2f} ms",
                flush=True,
            )
            ground = stack.enter_context(media.field(network, folder, self.runs, against_chromium=self.against))
            for name in names:
                self._take(name, partial(ON_THE_NETWORK[name], ground))

    def _take(self, name: str, measured: Callable[[], list[Row]]) -> None:
        """The rows of a group, into the file too, so that a long run that is broken off leaves what it had."""
        began_s = time.monotonic()
        print(f"measuring {name} …", flush=True)
        if self._trying(lambda: self.rows.extend(measured())):
            print(f"measured {name} in {time.monotonic() - began_s:.0f} s", flush=True)
        if self.file is not None:
            write(self.rows, self.file)

    def _trying(self, deed: Callable[[], None]) -> bool:
        try:
            deed()
        except BenchTrouble as trouble:
            print(f"not measured: {trouble}", file=sys.stderr, flush=True)
            return False
        return True


def _of(group: Iterable[str], wanted: Sequence[str]) -> list[str]:
    return [name for name in group if name in wanted]


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="Measure Parlance.")
    parser.add_argument("--against", choices=("chromium",), help="who makes the same calls (installed if need be)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the rows there too")
    parser.add_argument("--only", nargs="+", choices=GROUPS, metavar="NAME", help=f"of {', '.join(GROUPS)}")
    parser.add_argument(
        "--minutes", type=float, default=1.0, help="of the devices' call with a busy window (default: 1)"
    )
    parser.add_argument("--runs", type=int, default=5, help="of each row (default: 5)")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str]) -> int:
    """The exit code: 1 if nothing could be measured; a missed goal is a finding, no failure."""
    options = _options(arguments)
    # Ended by a signal, it still takes its network and its processes away.
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(143))
    bench = Bench(options.runs, bool(options.against), options.json, options.minutes)
    if options.against:
        try:
            provide()
        except BenchTrouble as trouble:
            print(trouble, file=sys.stderr)
            return 1
    print(f"machine: {machine()}", flush=True)
    bench.measure(options.only or GROUPS)
    print(table(bench.rows))
    return 0 if bench.rows else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
