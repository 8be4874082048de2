"""Waiting for what another process or thread does, with a deadline."""

import time
from collections.abc import Callable


def eventually(fact: Callable[[], bool], what: str, within_s: float = 10.0) -> None:
    """Return as soon as the fact holds; an AssertionError that names it if it does not in time.

    For what can only be asked, not waited on: another process's file, a server's list.
    """
    give_up_at_s = time.monotonic() + within_s
    while not fact():
        assert time.monotonic() < give_up_at_s, f"not within {within_s:g} s: {what}"
        time.sleep(0.005)
