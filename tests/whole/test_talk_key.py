"""The talk key of the real app while another program's window has the keyboard, and all that ends a press."""

import subprocess
from pathlib import Path

import pytest

from app.remote.client import ask
from app.remote.wire import Answer, Verb
from tests.support.desktop import App, Desktop
from tests.support.pulse import DESK_MICROPHONE, PulseBench
from tests.support.screen import Screen
from tests.support.speech import say

KEY = "F9"
SAVER = "org.freedesktop.ScreenSaver"


def settings(mode: str = "hold", longest_hold_s: int = 120) -> str:
    return (
        'welcomed = true\n[turn]\nmode = "push-to-talk"\n'
        f'[talk]\nmode = "{mode}"\nkey = "{KEY}"\nlongest_hold_s = {longest_hold_s}\n'
    )


def connected(desktop: Desktop, told: str) -> App:
    app = desktop.start(told)
    app.press("Connect")
    app.wait(lambda: app.sees("Ready"), "the app is connected", 30)
    return app


def tell_lock(desktop: Desktop, *, is_locked: bool) -> None:
    command = ["dbus-send", "--session", "--type=signal", "/ScreenSaver", f"{SAVER}.ActiveChanged"]
    subprocess.run([*command, f"boolean:{str(is_locked).lower()}"], env=desktop.environment, check=True)


def test_a_question_is_asked_from_another_window(
    desktop: Desktop, screen: Screen, pulse: PulseBench, tmp_path: Path
) -> None:
    question = say("what is the date", tmp_path / "question.wav")
    app = connected(desktop, settings())
    with app.another_window():
        screen.key_down(KEY)
        app.wait(lambda: app.sees("On air"), "the window says that the person is heard")
        with pulse.play(question, DESK_MICROPHONE) as player:
            player.wait(20)
        screen.key_up(KEY)
        app.wait(lambda: any(row.startswith("You: what is the date") for row in app.rows), "the question", 30)
    app.wait(lambda: any(row.startswith("Assistant: ") for row in app.rows), "the answer", 30)
    assert app.close() == 0
    assert desktop.output() == ""


def test_the_connection_and_mute_are_read_out(desktop: Desktop) -> None:
    app = connected(desktop, settings())
    app.wait(lambda: any(words.startswith("Connected. Ready") for words in app.announced), "connected is read out")
    assert ask(app.home / "run", Verb.MUTE) == Answer(True)
    app.wait(lambda: app.announced[-1] == "Muted", "muted is read out")
    assert ask(app.home / "run", Verb.DISCONNECT) == Answer(True)
    app.wait(lambda: app.announced[-1] == "Not connected", "the end is read out")


def test_a_short_press_sends_nothing_and_hints(desktop: Desktop, screen: Screen) -> None:
    app = connected(desktop, settings())
    with app.another_window():
        screen.key(KEY)
        app.wait(lambda: app.sees("That was too short to hear."), "the hint")
    assert app.rows == []


def test_a_locked_screen_lets_the_key_go_and_mutes(desktop: Desktop, screen: Screen) -> None:
    app = connected(desktop, settings())
    with app.another_window():
        screen.key_down(KEY)
        app.wait(lambda: app.sees("On air"), "the key is held")
        tell_lock(desktop, is_locked=True)
        app.wait(lambda: not app.sees("On air") and app.sees("Unmute microphone"), "muted")
        screen.key_up(KEY)
        tell_lock(desktop, is_locked=False)
        app.wait(lambda: app.sees("Mute microphone"), "not muted any more")


def test_a_key_that_is_stuck_is_let_go(desktop: Desktop, screen: Screen) -> None:
    app = connected(desktop, settings(longest_hold_s=5))
    with app.another_window():
        screen.key_down(KEY)
        app.wait(lambda: app.sees("On air"), "the key is held")
        app.wait(lambda: not app.sees("On air"), "its time is up")
        screen.key_up(KEY)


@pytest.mark.parametrize("mode", ["hold", "toggle"])
def test_another_program_steers_by_the_control_socket(desktop: Desktop, mode: str) -> None:
    app = connected(desktop, settings(mode))
    folder = app.home / "run"
    with app.another_window():
        assert ask(folder, Verb.TALK_TOGGLE) == Answer(True)
        app.wait(lambda: app.sees("On air"), "talking")
        assert ask(folder, Verb.TALK_TOGGLE) == Answer(True)
        app.wait(lambda: not app.sees("On air"), "not talking any more")
        assert ask(folder, Verb.DISCONNECT) == Answer(True)
        app.wait(lambda: app.sees("Not connected"), "hung up")
