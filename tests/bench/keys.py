"""The talk key while another window has the focus: ``python -m tests.bench.keys [RUNS]``."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from Xlib import XK, X
from Xlib.display import Display
from Xlib.ext import xtest

from app.remote.client import ask
from app.remote.wire import Verb
from tests.bench.desk import SETTINGS, App, Desk, Ear, desk
from tests.bench.network import BenchTrouble
from tests.bench.rows import Row, at_most, machine, table
from tests.bench.tap import now_s

PUSH_TO_TALK: Final = SETTINGS + '[turn]\nmode = "push-to-talk"\n[talk]\nkey = "F9"\n'
PRESSES: Final = 10
INTERRUPTIONS: Final = 3
HELD_S: Final = 0.4
QUIET_S: Final = 1.0
"""How long nothing may be heard before what was heard last is taken for the end."""


class Keyboard:
    """Presses the key of the server itself, which knows no program; another program's window has the focus."""

    def __init__(self, display: str) -> None:
        self._display: Any = Display(display)
        screen = self._display.screen()
        self._window = screen.root.create_window(600, 600, 200, 100, 0, screen.root_depth)
        self._window.set_wm_name("Another program")
        self._window.map()
        self._display.sync()
        self._code = self._display.keysym_to_keycode(XK.string_to_keysym("F9"))

    def take_focus(self) -> None:
        """Have the keyboard."""
        self._window.configure(stack_mode=X.Above)
        self._window.set_input_focus(X.RevertToParent, X.CurrentTime)
        self._display.sync()

    def move(self, *, down: bool) -> float:
        """Press or let go; the moment before."""
        at_s = now_s()
        xtest.fake_input(self._display, X.KeyPress if down else X.KeyRelease, self._code)
        self._display.sync()
        return at_s

    def close(self) -> None:
        """Leave."""
        self._display.close()


@contextmanager
def keyboard(place: Desk) -> Iterator[Keyboard]:
    """One on that screen."""
    one = Keyboard(place.display)
    try:
        yield one
    finally:
        one.close()


def pressing(place: Desk, runs: int) -> list[Row]:
    """From the key to the gate, to silence, and to the commit; the first and last read off the app's log."""
    gate = Row("key press → gate open (X11)", "ms", at_most(10), note="another window has the focus; log, ±1 ms")
    silent = Row("key press → assistant silent", "ms", at_most(60), digits=0, note="at the speaker's monitor")
    sent = Row("key release → commit sent", "ms", digits=0, note="200 ms of it are the tail, 60 the settling")
    remote = Row("remote verb → answered", "ms", at_most(50), note="from another process, without its start")
    for _ in range(runs):
        with place.app(PUSH_TO_TALK) as app, place.ear(place.speakers) as speaker, keyboard(place) as keys:
            app.logged_s("key by x11")
            app.ask(do="click", name="talkButton")
            app.logged_s(" -> LIVE")
            keys.take_focus()
            for _ in range(PRESSES):
                _press(app, keys, gate, sent)
            remote.parlance += [_ask_ms(app) for _ in range(PRESSES)]
            silent.parlance += [_interrupt_ms(app, keys, speaker) for _ in range(INTERRUPTIONS)]
    return [gate, silent, sent, remote]


def _ask_ms(app: App) -> float:
    """A verb that changes nothing."""
    began_s = time.monotonic()
    answer = ask(app.home / "run", Verb.UNMUTE)
    if not answer.ok:
        raise BenchTrouble(answer.why)
    return 1000 * (time.monotonic() - began_s)


def _press(app: App, keys: Keyboard, gate: Row, sent: Row) -> None:
    written = len(app.logged())
    down_s = keys.move(down=True)
    gate.parlance.append(1000 * (app.logged_s(" -> HOLDING", since=written) - down_s))
    time.sleep(HELD_S)
    up_s = keys.move(down=False)
    sent.parlance.append(1000 * (app.logged_s("turn SETTLING -> IDLE", since=written) - up_s))


def _interrupt_ms(app: App, keys: Keyboard, speaker: Ear) -> float:
    """A press in the middle of a word."""
    asked_s = now_s()
    app.ask(do="say", text="tell me a story")
    speaker.wait_for_sound(asked_s)
    time.sleep(QUIET_S)
    give_up_s = time.monotonic() + 15
    while not speaker.loud_s(now_s() - 0.03):
        if time.monotonic() > give_up_s:
            raise BenchTrouble("The assistant did not speak.")
        time.sleep(0.002)
    down_s = keys.move(down=True)
    time.sleep(QUIET_S)
    heard = speaker.loud_s(down_s)
    keys.move(down=False)
    return 1000 * (max(heard) - down_s) if heard else 0.0


def main() -> int:
    """Print the rows."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    print(f"machine: {machine()}", flush=True)
    try:
        with desk() as place:
            print(table(pressing(place, runs)))
    except BenchTrouble as trouble:
        print(f"not measured: {trouble}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
