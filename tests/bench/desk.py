"""A desktop for the bench: a screen whose pixels can be read, a sound server, ears, and the real app on them."""

import datetime as dt
import json
import mmap
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from app.audio.pcm import RATE_HZ
from tests.bench.network import ROOT, BenchTrouble
from tests.bench.processes import tree
from tests.bench.tap import now_s
from tests.support.pulse import DESK_MICROPHONE, DESK_SPEAKERS, PulseBench
from tests.support.waiting import eventually

SETTINGS: Final = "welcomed = true\n[cues]\nenabled = false\n"
"""Without cues, as the bench listens for the assistant's first sound and its last."""
_TOOLS: Final = ("Xvfb", "openbox", "xdotool", "pulseaudio", "pactl", "paplay", "parec", "espeak-ng")
_WIDTH, _HEIGHT = 1280, 1000
_HEADER_BYTES: Final = 160 + 256 * 12
"""Of the X window dump that Xvfb keeps of its screen: header and colour map."""
_WINDOW_SHARE: Final = 0.1
_POINTER_SHARE: Final = 0.01
_CLEAR_LIMIT_S: Final = 5.0
"""Of the screen: what is smaller is not the window."""
_LOUD: Final = 300
"""About -40 dBFS."""


class Pixels:
    """The screen as Xvfb keeps it in memory; looking costs the X server nothing."""

    def __init__(self, folder: Path) -> None:
        with (folder / "Xvfb_screen0").open("rb") as file:
            self._memory = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)
        pixels = np.frombuffer(self._memory, np.uint32, offset=_HEADER_BYTES)
        self._pixels = pixels.reshape(_HEIGHT, _WIDTH)

    def look(self) -> NDArray[np.uint32]:
        """Every fourth pixel of every fourth row."""
        return self._pixels[::4, ::4].copy()

    def wait_for(self, frame: NDArray[np.uint32]) -> None:
        """Until the screen shows that, but for a pointer here and there; BenchTrouble after some seconds."""
        give_up_s = now_s() + _CLEAR_LIMIT_S
        while (self.look() != frame).mean() > _POINTER_SHARE:
            if now_s() > give_up_s:
                raise BenchTrouble("A window stays on the screen.")
            time.sleep(0.02)


def painted_s(frames: Sequence[tuple[float, NDArray[np.uint32]]]) -> float:
    """When nearly all that the last frame shows, and the first does not, was there."""
    first, last = frames[0][1], frames[-1][1]
    drawn = first != last
    if drawn.mean() < _WINDOW_SHARE:
        raise BenchTrouble("No window was painted.")
    return next(at_s for at_s, frame in frames if (frame[drawn] == last[drawn]).mean() > 0.95)


class Ear:
    """Listens at a monitor, with a clock."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self._process = process
        self._pieces: list[tuple[float, NDArray[np.int16]]] = []
        self._thread = threading.Thread(target=self._run, name="ear", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        assert self._process.stdout
        with suppress(ValueError, OSError):  # whoever ends the recording closes the pipe under us
            while piece := os.read(self._process.stdout.fileno(), 1 << 14):
                sound = np.frombuffer(piece[: len(piece) // 2 * 2], np.int16)
                self._pieces.append((now_s() - len(sound) / RATE_HZ, sound))

    def loud_s(self, after_s: float) -> list[float]:
        """The moments of all loud samples since then."""
        moments: list[float] = []
        for begins_s, sound in tuple(self._pieces):
            loud = np.flatnonzero(np.abs(sound.astype(np.int32)) > _LOUD)
            moments += [at_s for at_s in (begins_s + loud / RATE_HZ).tolist() if at_s > after_s]
        return moments

    def wait_for_sound(self, after_s: float, within_s: float = 15.0) -> float:
        """The first loud moment since then."""
        give_up_s = time.monotonic() + within_s
        while not (moments := self.loud_s(after_s)):
            if time.monotonic() > give_up_s:
                raise BenchTrouble("Nothing was heard at the speaker.")
            time.sleep(0.02)
        return moments[0]


@dataclass
class App:
    """The running app."""

    process: "subprocess.Popen[str]"
    home: Path
    began_s: float

    def ask(self, **order: Any) -> dict[str, Any]:
        """Have the probe do something."""
        assert self.process.stdin
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        return self.answer()

    def answer(self) -> dict[str, Any]:
        """What the probe says."""
        assert self.process.stdout
        line = self.process.stdout.readline()
        if not line:
            raise BenchTrouble(f"The app has ended: {(self.home / 'errors').read_text()[-2000:]}")
        return dict(json.loads(line))

    def logged(self) -> str:
        """The whole log."""
        return "".join(log.read_text() for log in self.home.rglob("parlance.log"))

    def logged_s(self, words: str, within_s: float = 20.0, since: int = 0) -> float:
        """When the log first had these words, after so many characters."""
        give_up_s = time.monotonic() + within_s
        while time.monotonic() < give_up_s:
            for line in self.logged()[since:].splitlines():
                if words in line:
                    return dt.datetime.strptime(line[:23], "%Y-%m-%d %H:%M:%S.%f").astimezone().timestamp()
            time.sleep(0.02)
        raise BenchTrouble(f"The app's log never said {words!r}.")

    def own(self) -> list[int]:
        """Its processes, without the rehearsal server."""
        return tree(self.process.pid, without=lambda command: " rehearsal " in command)

    def rehearsal(self) -> list[int]:
        """The rehearsal server's processes."""
        return [pid for pid in tree(self.process.pid) if pid not in self.own()]

    def end(self) -> float:
        """SIGTERM; the seconds until it is gone."""
        began_s = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(15)
        return time.monotonic() - began_s


class Desk:
    """Screen and sound."""

    def __init__(self, pulse: PulseBench, pixels: Pixels, environment: dict[str, str], folder: Path) -> None:
        self.pulse = pulse
        self.pixels = pixels
        self.folder = folder
        self._environment = environment
        self._started = 0

    @contextmanager
    def app(
        self,
        settings: str = SETTINGS,
        *,
        probed: bool = True,
        wrap: Callable[[list[str]], list[str]] = list,
        **environment: str,
    ) -> Iterator[App]:
        """The app, from its very start; with a probe, once that is there."""
        self._started += 1
        home = self.folder / f"home-{self._started}"
        home.mkdir()
        (home / "settings.toml").write_text(settings)
        command = [
            sys.executable,
            *(["-m", "tests.bench.watched"] if probed else [str(ROOT / "main.py")]),
        ]
        began_s = now_s()
        with (
            (home / "errors").open("w") as errors,
            subprocess.Popen(
                wrap(command),
                cwd=ROOT,
                env={**self._environment, "PARLANCE_HOME": str(home), **environment},
                stdin=subprocess.PIPE if probed else subprocess.DEVNULL,
                stdout=subprocess.PIPE if probed else subprocess.DEVNULL,
                stderr=errors,
                text=True,
            ) as process,
        ):
            app = App(process, home, began_s)
            try:
                if probed:
                    app.answer()
                yield app
            finally:
                process.kill()

    def watch(self, app: App, settle_s: float) -> list[tuple[float, NDArray[np.uint32]]]:
        """What the screen shows until some time after the window has opened: moments and changed frames."""
        frames = [(now_s(), self.pixels.look())]
        opened = threading.Thread(target=app.logged_s, args=("window open",), daemon=True)
        opened.start()
        until_s = float("inf")
        while time.monotonic() < until_s:
            if until_s == float("inf") and not opened.is_alive():
                until_s = time.monotonic() + settle_s
            frame = self.pixels.look()
            if not np.array_equal(frame, frames[-1][1]):
                frames.append((now_s(), frame))
            time.sleep(0.001)
        return frames

    @contextmanager
    def ear(self, device: str) -> Iterator[Ear]:
        """Listen at a monitor."""
        command = ["parec", f"--device={device}.monitor", "--raw", "--format=s16le", f"--rate={RATE_HZ}"]
        command += ["--channels=1", "--latency-msec=5"]
        with subprocess.Popen(command, env=self._environment, stdout=subprocess.PIPE) as process:
            try:
                yield Ear(process)
            finally:
                process.terminate()

    @property
    def display(self) -> str:
        """The name of its screen."""
        return self._environment["DISPLAY"]

    @property
    def speakers(self) -> str:
        """What the sound server calls them."""
        return self.pulse.id_of(DESK_SPEAKERS)

    @property
    def feed(self) -> str:
        """Where sound goes in that the microphone hears."""
        return f"feed_{self.pulse.id_of(DESK_MICROPHONE)}"


@contextmanager
def desk() -> Iterator[Desk]:
    """A desktop of its own. Raises BenchTrouble when the programs are missing."""
    missing = [tool for tool in _TOOLS if not shutil.which(tool)]
    if missing:
        raise BenchTrouble(f"Missing: {', '.join(missing)}. Run python3 packaging/bootstrap.py test first.")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="parlance-bench-")))
        display = stack.enter_context(_screen(folder))
        pulse = PulseBench(folder)
        pulse.start()
        stack.callback(pulse.kill)
        environment = {
            **os.environ,
            **pulse.env(),
            "DISPLAY": display,
            "QT_QPA_PLATFORM": "xcb",
            "WAYLAND_DISPLAY": "",
            "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
        }
        # Where it is set, as in containers, each start would compile every module anew; nobody's desktop does that.
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        manager = stack.enter_context(
            subprocess.Popen(["openbox"], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        )
        stack.callback(manager.kill)
        eventually(lambda: _is_managed(environment), "the window manager is there")
        yield Desk(pulse, Pixels(folder), environment, folder)


def _is_managed(environment: dict[str, str]) -> bool:
    asked = subprocess.run(["xdotool", "get_desktop"], env=environment, capture_output=True, text=True, check=False)
    return asked.stdout.strip().isdigit()


@contextmanager
def _screen(folder: Path) -> Iterator[str]:
    reading, writing = os.pipe()
    command = ["Xvfb", "-displayfd", str(writing), "-screen", "0", f"{_WIDTH}x{_HEIGHT}x24", "-fbdir", str(folder)]
    with subprocess.Popen(
        [*command, "-nolisten", "tcp", "-noreset"], pass_fds=[writing], stderr=subprocess.DEVNULL
    ) as server:
        os.close(writing)
        try:
            with os.fdopen(reading) as answer:
                yield f":{answer.readline().strip()}"
        finally:
            server.terminate()
