"""The whole app on a whole desktop: screen, sound server, keyring and screen reader, all real and all private."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from tests.support.keyring import Keyring, gnome_keyring
from tests.support.pulse import PulseBench
from tests.support.screen import Screen
from tests.support.waiting import eventually

ROOT: Final = Path(__file__).resolve().parents[2]
SYSTEM_PYTHON: Final = "/usr/bin/python3"
TITLE: Final = "Parlance"


@dataclass(frozen=True)
class Node:
    """One thing a screen reader can tell."""

    at: int
    role: str
    name: str
    states: frozenset[str]
    labels: tuple[str, ...]
    box: tuple[int, int, int, int] | None
    depth: int


class Reader:
    """A screen reader's eyes and hands."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            [SYSTEM_PYTHON, str(ROOT / "tests" / "support" / "screen_reader.py"), TITLE],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self._answer() == {"ready": True}, "the window is not on the accessibility bus"

    def look(self) -> list[Node]:
        """Everything there is now; looks again when the window changes meanwhile."""
        while True:
            seen = self._ask({"do": "look"})
            if isinstance(seen, list):
                return [_node(at, one) for at, one in enumerate(seen)]

    def act(self, node: Node, action: str) -> None:
        """Do something to a node of the last look."""
        assert self._ask({"do": "act", "node": node.at, "action": action}) is True, f"no {action} on {node}"

    def listen(self) -> list[str]:
        """What has been read out since the beginning."""
        return list(self._ask({"do": "listen"}))

    def close(self) -> None:
        """End it."""
        self._process.kill()
        self._process.communicate()

    def _ask(self, request: dict[str, Any]) -> Any:
        assert self._process.stdin
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        return self._answer()

    def _answer(self) -> Any:
        assert self._process.stdout
        return json.loads(self._process.stdout.readline() or "null")


def _node(at: int, seen: dict[str, Any]) -> Node:
    box = seen["box"]
    return Node(
        at,
        seen["role"],
        seen["name"] or "",
        frozenset(seen["states"]),
        tuple(seen["labels"]),
        None if box is None else (box[0], box[1], box[2], box[3]),
        seen["depth"],
    )


class App:
    """The running app: what it shows, and what a person can do to it."""

    def __init__(self, process: "subprocess.Popen[str]", reader: Reader, screen: Screen, home: Path) -> None:
        self.process = process
        self.home = home
        """Its PARLANCE_HOME."""
        self._reader = reader
        self._screen = screen

    @property
    def _window(self) -> str:
        return self._screen.window_of(self.process.pid, TITLE)

    # --- seeing ---------------------------------------------------------------------------------------------

    @property
    def rows(self) -> list[str]:
        """The transcript, as it is read aloud: ``You: …``, ``Assistant: …``."""
        nodes = self._reader.look()
        transcript = next(node for node in nodes if node.role == "list" and node.name == "Transcript")
        rows = []
        for node in nodes[transcript.at + 1 :]:
            if node.depth <= transcript.depth:
                break
            rows.append(node.name)
        return rows

    @property
    def status(self) -> str:
        """The status line, words in bold first."""
        labels = [node.name for node in self._reader.look() if node.role == "filler" and ". " in node.name + " "]
        return labels[0] if labels else ""

    def sees(self, words: str) -> bool:
        """Whether something on the window has these words."""
        return any(words in node.name for node in self._reader.look() if "showing" in node.states)

    @property
    def announced(self) -> list[str]:
        """What a screen reader has been told to read out, in order."""
        return self._reader.listen()

    def picked(self, label: str) -> str:
        """What a device picker shows."""
        return self._picker(label).name

    # --- doing ----------------------------------------------------------------------------------------------

    def press(self, name: str) -> None:
        """Press the button of that name."""
        self.wait(lambda: bool(self._buttons(name)), f"a button called {name!r}")
        button = self._buttons(name)[0]
        self._reader.act(button, "Press" if button.role == "push button" else "Toggle")

    def press_text(self, name: str) -> None:
        """Put the cursor into the text field of that name."""
        fields = [node for node in self._reader.look() if node.role == "text" and node.name == name]
        assert fields, f"no text field called {name!r}"
        self._screen.activate(self._window)
        self._reader.act(fields[0], "SetFocus")

    @contextmanager
    def another_window(self) -> Iterator[None]:
        """Another program's window takes the focus meanwhile."""
        with subprocess.Popen(
            ["xmessage", "-title", "Another program", "Hello"], env=os.environ | self._screen.env()
        ) as other:
            try:
                self._screen.focus("Another program")
                yield
            finally:
                other.kill()

    def pick(self, label: str, item: str) -> None:
        """Pick a device by name: open the list, click the entry."""
        self.wait(lambda: item in self._offered(label), f"{item!r} is offered")
        self._reader.act(self._picker(label), "Press")

        def entry() -> Node | None:
            nodes = [node for node in self._reader.look() if node.role == "list item" and node.name == item]
            return next((node for node in nodes if node.box and node.box[2] > 0 and "showing" in node.states), None)

        self.wait(lambda: entry() is not None, f"an entry called {item!r}")
        found = entry()
        assert found is not None
        assert found.box is not None
        x, y, width, height = found.box
        self._screen.click_at(x + width // 2, y + height // 2)
        self.wait(lambda: self.picked(label) == item, f"{item!r} is picked")

    def hold(self, key: str) -> "Held":
        """A key that is held down meanwhile, with the window in front."""
        self._screen.activate(self._window)
        return Held(self._screen, key)

    def key(self, *keys: str) -> None:
        """Press keys, with the window in front."""
        self._screen.activate(self._window)
        self._screen.key(*keys)

    def type_text(self, text: str) -> None:
        """Type, with the window in front."""
        self._screen.activate(self._window)
        self._screen.type_text(text)

    def screenshot(self, path: Path) -> None:
        """A picture of the window."""
        self._screen.picture_of(self._window, path)

    def wait(self, fact: Callable[[], bool], what: str, within_s: float = 20.0) -> None:
        """Until the fact holds; the app must stay alive meanwhile."""

        def holds() -> bool:
            assert self.process.poll() is None, "the app has ended"
            return fact()

        eventually(holds, what, within_s)

    def close(self) -> int:
        """Close the window as a window manager does; the exit code."""
        self._reader.close()
        self._screen.ask_to_close(self._window)
        try:
            return self.process.wait(15)
        except subprocess.TimeoutExpired:
            # Python's fault handler writes down where every thread stands.
            self.process.send_signal(signal.SIGABRT)
            self.process.wait()
            raise

    def kill(self) -> None:
        """Whatever is left."""
        self._reader.close()
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def _picker(self, label: str) -> Node:
        boxes = [node for node in self._reader.look() if node.role == "combo box" and label in node.labels]
        assert boxes, f"no picker labelled {label!r}"
        return boxes[0]

    def _offered(self, label: str) -> list[str]:
        picker = self._picker(label)
        below = self._reader.look()[picker.at + 1 :]
        return [node.name for node in below if node.role == "list item"]

    def _buttons(self, name: str) -> list[Node]:
        roles = ("push button", "check box", "toggle button")
        return [node for node in self._reader.look() if node.role in roles and node.name == name]


class Held:
    """A key held down."""

    def __init__(self, screen: Screen, key: str) -> None:
        self._screen = screen
        self._key = key

    def __enter__(self) -> None:
        self._screen.key_down(self._key)

    def __exit__(self, *_: object) -> None:
        self._screen.key_up(self._key)


class Desktop:
    """Starts the app with everything a person's desktop has."""

    def __init__(self, environment: dict[str, str], keyring: Keyring, screen: Screen, folder: Path) -> None:
        self.environment = environment
        self.keyring = keyring
        self._screen = screen
        self._folder = folder
        self._stack = ExitStack()
        self._started = 0

    def start(self, settings: str = "welcomed = true\n", **environment: str) -> App:
        """The app with these settings (TOML), once its window is there."""
        self._started += 1
        home = self._folder / f"home-{self._started}"
        home.mkdir()
        (home / "settings.toml").write_text(settings)
        output = self._stack.enter_context((self._folder / f"output-{self._started}").open("w"))
        process = subprocess.Popen(
            [sys.executable, "-X", "faulthandler", str(ROOT / "main.py")],
            env={**self.environment, "PARLANCE_HOME": str(home), **environment},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._stack.callback(_end, process)
        reader = Reader(self.environment)
        app = App(process, reader, self._screen, home)
        self._stack.callback(app.kill)
        return app

    def output(self) -> str:
        """What all runs have printed."""
        return "".join(path.read_text() for path in sorted(self._folder.glob("output-*")))

    def files(self) -> Iterator[Path]:
        """Every file that anything has left in this desktop's folders, the keyring's own store excepted."""
        for path in self._folder.rglob("*"):
            if path.is_file() and "keyrings" not in path.parts:
                yield path

    def close(self) -> None:
        """End everything that runs."""
        self._stack.close()


def _end(process: "subprocess.Popen[str]") -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGKILL)
        process.wait()


@contextmanager
def _accessibility(environment: dict[str, str]) -> Iterator[None]:
    launcher = subprocess.Popen(
        ["/usr/libexec/at-spi-bus-launcher", "--launch-immediately"],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        launcher.terminate()
        launcher.wait()


@pytest.fixture
def desktop(tmp_path: Path, pulse: PulseBench, screen: Screen) -> Iterator[Desktop]:
    """A desktop of its own for one test; the screen and the sound server are shared, and put in order before."""
    pulse.reset()
    with gnome_keyring(tmp_path) as keyring:
        environment = {
            **keyring.environment,
            **{name: value for name, value in pulse.env().items() if name.startswith("PULSE")},
            **screen.env(),
            "QT_LINUX_ACCESSIBILITY_ALWAYS_ON": "1",
            "PARLANCE_REDUCED_MOTION": "1",
            "QT_LOGGING_RULES": "qt.accessibility.atspi=false",  # a word on what this screen reader asks
            "PATH": os.environ["PATH"],
        }
        with _accessibility(environment):
            one = Desktop(environment, keyring, screen, tmp_path)
            try:
                yield one
            finally:
                one.close()
                print(one.output())  # pytest shows it with a test that failed
