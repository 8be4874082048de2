"""What the first paint waits for, and what is loaded with a session."""

import subprocess
import sys
from pathlib import Path

TOO_HEAVY = (
    "numpy",
    "asyncio",
    "qasync",
    "httpx",
    "aiortc",
    "keyring",
    "livekit",
    "tomlkit",
    "app.conversation.happenings",
    "app.realtime.events",
    "app.realtime.session",
    "app.ui.dialogs.settings",
    "app.ui.dialogs.sound_check",
)


def test_the_window_is_there_before_what_only_a_conversation_needs_is_loaded() -> None:
    asked = f"import sys, app.assembly.window; print([each for each in {TOO_HEAVY} if each in sys.modules])"
    answer = subprocess.run([sys.executable, "-c", asked], check=True, capture_output=True, text=True, timeout=60)
    assert answer.stdout.strip() == "[]"


def test_settings_are_read_without_the_library_that_writes_them(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text("welcomed = true\n", encoding="utf-8")
    read = "import sys, pathlib, app.vault.preferences as it; told = it.load(pathlib.Path(sys.argv[1]))"
    asked = [sys.executable, "-c", f"{read}; print(told[0].welcomed, told[1], 'tomlkit' in sys.modules)", str(file)]
    answer = subprocess.run(asked, check=True, capture_output=True, text=True, timeout=60)
    assert answer.stdout.strip() == "True None False"


def test_a_session_loads_what_only_some_conversations_need_when_they_need_it() -> None:
    some = ("keyring", "websockets", "sounddevice", "livekit", "click")
    asked = f"import sys, app.assembly.session_life; print([each for each in {some} if each in sys.modules])"
    answer = subprocess.run([sys.executable, "-c", asked], check=True, capture_output=True, text=True, timeout=60)
    assert answer.stdout.strip() == "[]"
