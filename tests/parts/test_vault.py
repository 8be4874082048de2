"""The vault against a real gnome-keyring: written, read, forgotten, locked, silent, absent."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.vault.preferences import load
from tests.support.keyring import ROOT, Keyring, gnome_keyring, own_environment, private_bus

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="gnome-keyring is Linux's")

SECRET = "planted-0123456789-schlüssel"
TELL = f"""
import asyncio
from app.conversation.admission import Secret
from app.conversation.troubles import StorageTrouble
from app.vault.credentials import KeyringCredentials

SLOT = "profile:work"
SECRET = Secret({SECRET!r})
credentials = KeyringCredentials(deadline_s=10.0)

def told(value):
    return "the secret" if value == SECRET else type(value).__name__

async def read():
    try:
        return told(await credentials.read(SLOT))
    except StorageTrouble as trouble:
        return trouble.kind

async def main():
    %s

asyncio.run(main())
"""


def steps(keyring: Keyring, *lines: str) -> list[str]:
    """Run steps in a child; one word per print."""
    output = keyring.run(TELL % "\n    ".join(lines))
    assert SECRET not in output
    return output.split("\n")[:-1]


def test_a_credential_survives_the_run_that_wrote_it(tmp_path: Path) -> None:
    with gnome_keyring(tmp_path) as keyring:
        assert steps(keyring, "print(await read())", "print(told(await credentials.write(SLOT, SECRET)))") == [
            "NoneType",
            "NoneType",
        ]
        assert steps(keyring, "print(await read())") == ["the secret"]
        assert steps(keyring, "await credentials.forget(SLOT)", "print(await read())") == ["NoneType"]
        assert steps(keyring, "print(await read())", "await credentials.forget(SLOT)") == ["NoneType"]
    for file in tmp_path.rglob("*"):
        assert not file.is_file() or SECRET.encode() not in file.read_bytes()


def test_a_locked_keyring_keeps_it_for_this_run_only(tmp_path: Path) -> None:
    with gnome_keyring(tmp_path, unlocked=False) as keyring:
        said = steps(
            keyring,
            "print(await read())",
            "print(told(await credentials.write(SLOT, SECRET)))",
            "print(await read())",
        )
        assert said == ["KeyringLocked", "KeyringLocked", "the secret"]
        assert steps(keyring, "print(await read())") == ["KeyringLocked"]


def test_a_bus_without_a_keyring(tmp_path: Path) -> None:
    with private_bus(tmp_path) as environment:
        check_missing(Keyring(environment))


def test_no_bus_at_all(tmp_path: Path) -> None:
    check_missing(Keyring(own_environment(tmp_path)))


def check_missing(keyring: Keyring) -> None:
    said = steps(
        keyring, "print(await read())", "print(told(await credentials.write(SLOT, SECRET)))", "print(await read())"
    )
    assert said == ["KeyringMissing", "KeyringMissing", "the secret"]


def test_a_program_with_a_hanging_keyring_still_ends(tmp_path: Path) -> None:
    # The bus accepts the connection and never says a word, as a keyring does while its dialog is open.
    code = """
import asyncio, socket, sys
listener = socket.socket(socket.AF_UNIX)
listener.bind(sys.argv[1])
listener.listen()
from app.conversation.troubles import KeyringSilent
from app.vault.credentials import KeyringCredentials

async def main():
    credentials = KeyringCredentials(deadline_s=0.2)
    for _ in range(2):
        try:
            await credentials.read("slot")
        except KeyringSilent as trouble:
            print(trouble.kind)

asyncio.run(main())
"""
    bus = tmp_path / "silent"
    done = subprocess.run(
        [sys.executable, "-c", code, str(bus)],
        env={**own_environment(tmp_path), "DBUS_SESSION_BUS_ADDRESS": f"unix:path={bus}"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=20,
    )
    assert (done.returncode, done.stdout) == (0, "KeyringSilent\nKeyringSilent\n")
    assert "Traceback" not in done.stderr


def test_settings_survive_a_kill_in_the_middle_of_saving(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    code = """
import sys
from pathlib import Path
from app.conversation.settings import Settings
from app.vault.preferences import save
number = 0
while True:
    save(Path(sys.argv[1]), Settings(instructions=f"{number} " * 5000))
    number += 1
    print(number, flush=True)
"""
    child = subprocess.Popen([sys.executable, "-c", code, str(file)], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    with child:
        assert child.stdout
        for _ in range(5):
            assert child.stdout.readline()
        os.kill(child.pid, 9)
    settings, trouble = load(file)
    assert trouble is None
    assert int(settings.instructions.split()[0]) >= 4
