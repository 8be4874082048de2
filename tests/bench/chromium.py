"""Headless Chromium, driven over the DevTools protocol through a pair of pipes: no port, no library, any namespace."""

import fcntl
import json
import os
import select
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from tests.bench.network import BenchTrouble

PROGRAM: Final = "chromium"
PAGE: Final = Path(__file__).with_name("page.html")
"""What it is driven with: calls the bench's server, or answers calls of ours."""
INSTALL: Final = ("apt-get", "install", "--yes", "--no-install-recommends", "--no-remove")
FLAGS: Final = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    "--disable-features=WebRtcHideLocalIpsWithMdns",
    "--autoplay-policy=no-user-gesture-required",
    "--ignore-certificate-errors",
    "--remote-debugging-pipe",
)
_READ_FD: Final = 3
_WRITE_FD: Final = 4
"""The numbers Chromium expects."""


def is_installed() -> bool:
    """Whether there is one to drive."""
    return shutil.which(PROGRAM) is not None


def provide() -> None:
    """Install Chromium from the system's packages, having said so. Raises BenchTrouble where that cannot be."""
    if is_installed():
        return
    by_hand = f"Install the package {PROGRAM} yourself, or leave out --against {PROGRAM}."
    if not shutil.which("apt-get"):
        raise BenchTrouble(f"Chromium is not installed, and this program can only do that with apt. {by_hand}")
    if os.geteuid() != 0:
        raise BenchTrouble(f"Chromium is not installed, and installing it needs root. {by_hand}")
    print(f"Installing with apt-get: {PROGRAM} (about 100 MB to download)", flush=True)
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in (("apt-get", "update"), (*INSTALL, PROGRAM)):
        done = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, check=False)
        if done.returncode:
            raise BenchTrouble(f"{' '.join(command)} failed: {done.stderr.decode().strip()[-300:]} {by_hand}")


class Chromium:
    """One running browser with one page. One thread at a time."""

    def __init__(self, process: "subprocess.Popen[bytes]", orders: int, answers: int) -> None:
        self.process = process
        self._orders = orders
        self._answers = answers
        self._unread = b""
        self._number = 0
        self._target = ""
        self._session = ""

    def open(self, url: str, within_s: float = 30.0) -> None:
        """Open a page in the place of the one before, and wait until it is loaded and painted."""
        self._session = ""
        if self._target:
            self._ask("Target.closeTarget", {"targetId": self._target}, within_s)
        self._target = self._ask("Target.createTarget", {"url": "about:blank"}, within_s)["targetId"]
        attached = self._ask("Target.attachToTarget", {"targetId": self._target, "flatten": True}, within_s)
        self._session = attached["sessionId"]
        loaded = (
            "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(document.readyState))))"
        )
        gone = self._ask("Page.navigate", {"url": url}, within_s).get("errorText")
        if gone:
            raise BenchTrouble(f"Chromium cannot open {url}: {gone}")
        give_up_s = time.monotonic() + within_s
        while self.run(loaded) != "complete" or self.run("location.href") == "about:blank":
            if time.monotonic() > give_up_s:
                raise BenchTrouble(f"Chromium did not load {url}")

    def run(self, expression: str, within_s: float = 30.0) -> Any:
        """The value of a JavaScript expression; promises are awaited. Raises BenchTrouble when it throws."""
        words = {"expression": expression, "awaitPromise": True, "returnByValue": True, "userGesture": True}
        answer = self._ask("Runtime.evaluate", words, within_s)
        if "exceptionDetails" in answer:
            details = answer["exceptionDetails"]
            raise BenchTrouble(f"the page: {details.get('exception', {}).get('description', details.get('text'))}")
        return answer["result"].get("value")

    def _ask(self, method: str, words: dict[str, Any], within_s: float) -> dict[str, Any]:
        self._number += 1
        order: dict[str, Any] = {"id": self._number, "method": method, "params": words}
        if self._session:
            order["sessionId"] = self._session
        os.write(self._orders, json.dumps(order).encode() + b"\0")
        give_up_s = time.monotonic() + within_s
        while True:
            told = json.loads(self._next(give_up_s, method))
            if told.get("id") == self._number:
                if "error" in told:
                    raise BenchTrouble(f"Chromium refuses {method}: {told['error']['message']}")
                return dict(told["result"])

    def _next(self, give_up_s: float, method: str) -> bytes:
        while b"\0" not in self._unread:
            ready, _, _ = select.select([self._answers], [], [], max(0.0, give_up_s - time.monotonic()))
            piece = os.read(self._answers, 1 << 16) if ready else b""
            if not piece:
                raise BenchTrouble(f"Chromium does not answer {method}")
            self._unread += piece
        told, _, self._unread = self._unread.partition(b"\0")
        return told


@contextmanager
def chromium(
    *flags: str, microphone: Path | None = None, wrap: Callable[[Sequence[str]], list[str]] = list
) -> Iterator[Chromium]:
    """A browser with a fresh profile; ``microphone`` is played over and over, ``wrap`` puts it somewhere else."""
    with tempfile.TemporaryDirectory(prefix="parlance-chromium-", ignore_cleanup_errors=True) as profile:
        command = [PROGRAM, *FLAGS, *flags, f"--user-data-dir={profile}"]
        if microphone is not None:
            command.append(f"--use-file-for-fake-audio-capture={microphone}")
        their_end, orders = os.pipe()
        answers, their_other_end = os.pipe()
        process = _launch(wrap([*command, "about:blank"]), profile, their_end, their_other_end)
        try:
            yield Chromium(process, orders, answers)
        finally:
            os.close(orders)  # which ends it, and all its children
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            os.close(answers)


def _launch(command: list[str], home: str, reading: int, writing: int) -> "subprocess.Popen[bytes]":
    ends = [fcntl.fcntl(end, fcntl.F_DUPFD, 10) for end in (reading, writing)]

    def place() -> None:
        os.dup2(ends[0], _READ_FD)
        os.dup2(ends[1], _WRITE_FD)

    try:
        return subprocess.Popen(
            command,
            env=os.environ | {"HOME": home},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            preexec_fn=place,
            pass_fds=(_READ_FD, _WRITE_FD),
        )
    finally:
        for end in (reading, writing, *ends):
            os.close(end)
