"""A real gnome-keyring on a private D-Bus, with a home of its own; the code under test runs in child processes."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.waiting import eventually

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = b"open sesame\n"
DEADLINE_S = 30.0


@dataclass(frozen=True)
class Keyring:
    """The environment in which children find the keyring (or find none)."""

    environment: dict[str, str]

    def run(self, code: str) -> str:
        """Run Python code in a child; what it printed."""
        done = subprocess.run(
            [sys.executable, "-c", code],
            env=self.environment,
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=DEADLINE_S,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout + done.stderr


def own_environment(folder: Path) -> dict[str, str]:
    """An environment without display, bus or home of the person who runs the tests."""
    runtime = folder / "runtime"
    runtime.mkdir(mode=0o700, exist_ok=True)
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "LANG", "LC_ALL", "VIRTUAL_ENV")}
    return {**kept, "HOME": str(folder), "XDG_RUNTIME_DIR": str(runtime), "XDG_DATA_HOME": str(folder / "data")}


@contextmanager
def private_bus(folder: Path) -> Iterator[dict[str, str]]:
    """A session bus that starts nothing by itself; yields the environment that leads to it."""
    environment = own_environment(folder)
    socket = folder / "bus"
    config = folder / "bus.conf"
    config.write_text(
        "<busconfig><type>session</type>"
        f"<listen>unix:path={socket}</listen>"
        '<policy context="default"><allow send_destination="*" eavesdrop="true"/>'
        '<allow eavesdrop="true"/><allow own="*"/></policy></busconfig>'
    )
    daemon = subprocess.Popen(
        ["dbus-daemon", f"--config-file={config}", "--nofork", "--print-address=1"],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    with daemon:
        try:
            assert daemon.stdout
            address = daemon.stdout.readline().strip()
            assert address, "dbus-daemon did not start"
            yield {**environment, "DBUS_SESSION_BUS_ADDRESS": address}
        finally:
            daemon.terminate()


@contextmanager
def gnome_keyring(folder: Path, *, unlocked: bool = True) -> Iterator[Keyring]:
    """A keyring daemon with a login collection, unlocked or (after a restart without the password) locked."""
    with private_bus(folder) as environment:
        with _daemon(environment, PASSWORD):
            if unlocked:
                yield Keyring(environment)
        if not unlocked:
            with _daemon(environment, None):
                yield Keyring(environment)


@contextmanager
def _daemon(environment: dict[str, str], password: bytes | None) -> Iterator[None]:
    unlock = ["--unlock"] if password else []
    daemon = subprocess.Popen(
        ["gnome-keyring-daemon", "--foreground", "--components=secrets", *unlock],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    with daemon:
        try:
            assert daemon.stdin
            if password:
                daemon.stdin.write(password)
            daemon.stdin.close()
            eventually(lambda: _is_served(environment), "the keyring is on the bus", DEADLINE_S)
            yield
        finally:
            daemon.terminate()


def _is_served(environment: dict[str, str]) -> bool:
    question = ["org.freedesktop.DBus.NameHasOwner", "string:org.freedesktop.secrets"]
    asked = subprocess.run(
        ["dbus-send", "--session", "--print-reply", "--dest=org.freedesktop.DBus", "/", *question],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=DEADLINE_S,
    )
    return "true" in asked.stdout
