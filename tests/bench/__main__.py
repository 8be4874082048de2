"""``python -m tests.bench``: measures, and prints one table of medians, ranges, ratios and goals.

    python -m tests.bench                              # Parlance alone
    python -m tests.bench --against chromium           # both, against the same server in the same run
    python -m tests.bench --only delays stalls --runs 1

Groups of rows that a machine cannot measure (no root, no virtual screen) are said and left out.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Final

from tests.bench import media
from tests.bench.chromium import provide
from tests.bench.network import BenchTrouble, emulated_network
from tests.bench.rows import Row, table, write
from tests.bench.selfcheck import self_check

CALL_S: Final = 60.0
ON_THE_NETWORK: Final[dict[str, Callable[[media.Field], list[Row]]]] = {
    "connect": media.connecting,
    "connect-loss": media.connecting_under_loss,
    "delays": media.delays,
    "impairment": media.impairment,
    "death": media.death,
    "stalls": media.stalls,
    "costs": lambda ground: media.costs(ground, CALL_S),
}


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="Measure Parlance.")
    parser.add_argument("--against", choices=("chromium",), help="who makes the same calls (installed if need be)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the rows there too")
    parser.add_argument("--only", nargs="+", choices=tuple(ON_THE_NETWORK), metavar="NAME", default=())
    parser.add_argument("--runs", type=int, default=5, help="of each row (default: 5)")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str]) -> int:
    """The exit code: 1 if nothing could be measured; a missed goal is a finding, no failure."""
    options = _options(arguments)
    wanted = [name for name in ON_THE_NETWORK if not options.only or name in options.only]
    rows: list[Row] = []
    try:
        if options.against:
            provide()
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="parlance-bench-")))
            network = stack.enter_context(emulated_network())
            exact = self_check(network)
            print(
                f"network emulator: {exact.round_trip_ms:.2f} ms round trip, {exact.error_ms:+.2f} ms at 50 ms, "
                f"jitter of its own {exact.jitter_ms:.2f} ms",
                flush=True,
            )
            ground = stack.enter_context(
                media.field(network, folder, options.runs, against_chromium=bool(options.against))
            )
            for name in wanted:
                rows += _measured(name, partial(ON_THE_NETWORK[name], ground))
                if options.json:
                    write(rows, options.json)
    except BenchTrouble as trouble:
        print(trouble, file=sys.stderr)
    print(table(rows))
    return 0 if rows else 1


def _measured(name: str, measure: Callable[[], list[Row]]) -> list[Row]:
    """The rows of a group; none, with a word, if it failed."""
    began_s = time.monotonic()
    print(f"measuring {name} …", end="", flush=True)
    try:
        rows = measure()
    except BenchTrouble as trouble:
        print(f" not measured: {trouble}", flush=True)
        return []
    print(f" {time.monotonic() - began_s:.0f} s", flush=True)
    return rows


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
