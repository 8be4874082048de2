"""The window and a real broker that takes its offers: whose call is over has a free place at once."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.broker import Broker, broker
from tests.support.desktop import ROOT, Desktop
from tests.support.rehearsal import KEY
from tests.whole.test_conversation import connect

CONFIG = """
[upstream]
kind = "compatible"
base_url = "{url}"
[audit]
directory = "audit"
[policies.default]
sessions = 1
"""
PROFILE = """
welcomed = true
profile = "work"
[profiles.work]
door = "broker-proxy"
broker_url = "{url}/v1/realtime/calls"
"""


@contextmanager
def rehearsal() -> Iterator[str]:
    """The address of a server for the broker to ask."""
    command = [sys.executable, str(ROOT / "main.py"), "rehearsal", "--key", KEY]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        try:
            yield str(json.loads(process.stdout.readline())["url"])
        finally:
            process.kill()


@pytest.fixture
def desk(desktop: Desktop, tmp_path: Path) -> Iterator[Broker]:
    """A broker with one place for each, whose token is in the keyring."""
    key = {"PARLANCE_BROKER_KEY": KEY}
    with rehearsal() as url, broker(tmp_path / "broker", CONFIG.format(url=url), env=key) as own:
        desktop.keyring.run(f"import keyring; keyring.set_password('Parlance', 'profile:work', '{own.token}')")
        yield own


def events(desk: Broker) -> list[tuple[str, str]]:
    return [(each["event"], each["outcome"]) for each in desk.records()]


def test_hanging_up_and_ending_free_the_place(desktop: Desktop, desk: Broker) -> None:
    app = desktop.start(PROFILE.format(url=desk.url))
    for calls in (1, 2):
        connect(app)
        app.press("Hang up")
        app.wait(lambda calls=calls: events(desk) == [("connect", "ok"), ("hang_up", "ok")] * calls, "it is told")  # type: ignore[misc]
    connect(app)
    app.process.send_signal(signal.SIGTERM)
    assert app.process.wait(10) == 0
    assert events(desk) == [("connect", "ok"), ("hang_up", "ok")] * 3
    assert desktop.output() == ""


def test_a_broker_that_is_stuck_delays_no_end(desktop: Desktop, desk: Broker) -> None:
    app = desktop.start(PROFILE.format(url=desk.url))
    connect(app)
    desk.process.send_signal(signal.SIGSTOP)
    began_s = time.monotonic()
    app.process.send_signal(signal.SIGTERM)
    assert app.process.wait(10) == 0
    assert time.monotonic() - began_s < 5.0  # 1 s is the aim, a third of it for the broker
    assert desktop.output() == ""
