"""A person talks with the assistant: the real app on a real screen, sound server and keyring, from click to answer."""

import time
from pathlib import Path

import pytest

from app.audio.catalog import Direction
from tests.support.desktop import App, Desktop
from tests.support.listening_server import ListeningServer, listening_server
from tests.support.pulse import (
    DESK_MICROPHONE,
    DESK_SPEAKERS,
    HEADSET_MICROPHONE,
    USB_HEADPHONES,
    PulseBench,
)
from tests.support.speech import level_dbfs, say, tone, write_wav

HEARD_DBFS = -40.0
SILENT_DBFS = -80.0


def connect(app: App, *, ready: str = "Listening") -> None:
    app.press("Connect")
    app.wait(lambda: app.sees(ready), "the app is connected", 30)


def broker_settings(server: ListeningServer, *turn: str) -> str:
    return "\n".join(
        [
            "welcomed = true",
            'hearing = "as-is"',  # humming is what noise suppression takes away
            'profile = "broker"',
            "[turn]",
            *turn,
            "[profiles.broker]",
            f'broker_url = "{server.url}/token"',
            f'server_url = "{server.url}/v1"',
            "",
        ]
    )


@pytest.fixture
def humming(tmp_path: Path) -> Path:
    """Something to hear that never pauses."""
    path = tmp_path / "humming.wav"
    write_wav(path, tone(440, 60))
    return path


def test_question_and_answer_through_the_picked_devices(desktop: Desktop, pulse: PulseBench, tmp_path: Path) -> None:
    question = say("what is the date", tmp_path / "question.wav")
    app = desktop.start()
    app.pick("Microphone", HEADSET_MICROPHONE)
    app.pick("Speaker", USB_HEADPHONES)
    connect(app)
    with pulse.record(USB_HEADPHONES) as headphones, pulse.record(DESK_SPEAKERS) as desk:
        with pulse.play(question, HEADSET_MICROPHONE):
            app.wait(lambda: any(row.startswith("You: what is the date") for row in app.rows), "the question", 30)
            app.wait(lambda: any(row.startswith("Assistant: ") for row in app.rows), "the answer", 30)
        app.wait(lambda: app.sees("Listening"), "the answer was spoken", 30)
        assert level_dbfs(headphones.samples()) > HEARD_DBFS
        assert level_dbfs(desk.samples()) < SILENT_DBFS
    assert [row.split(":")[0] for row in app.rows] == ["You", "Assistant"]
    here = pulse.where(app.process.pid)
    assert (here.microphones, here.speakers) == ((HEADSET_MICROPHONE,), (USB_HEADPHONES,))
    assert app.close() == 0


def test_a_typed_question_and_an_interrupted_story(desktop: Desktop) -> None:
    app = desktop.start()
    connect(app)
    app.press_text("Message")
    app.type_text("tell me a story")
    app.key("Return")
    app.wait(lambda: app.sees("Assistant is speaking"), "the story has begun", 30)
    app.wait(lambda: sum(len(row) for row in app.rows) > 200, "a part of it is written", 30)
    app.key("Escape")
    app.wait(lambda: any("not spoken" in row for row in app.rows), "what was not heard is marked", 30)
    app.wait(lambda: app.sees("Listening"), "the assistant is silent")
    assert app.rows[0] == "You: tell me a story"
    assert app.close() == 0


def test_switching_devices_in_a_call_keeps_the_call(desktop: Desktop, pulse: PulseBench, humming: Path) -> None:
    with listening_server() as server:
        app = desktop.start(broker_settings(server))
        connect(app)
        with pulse.play(humming, HEADSET_MICROPHONE):
            app.wait(lambda: server.level_dbfs() < SILENT_DBFS, "the desk microphone hears nothing")
            app.pick("Microphone", HEADSET_MICROPHONE)
            app.wait(lambda: server.level_dbfs() > HEARD_DBFS, "the headset is heard")
            app.pick("Speaker", USB_HEADPHONES)
            app.wait(lambda: pulse.where(app.process.pid).speakers == (USB_HEADPHONES,), "the headphones are in use")
            app.pick("Microphone", DESK_MICROPHONE)
            app.wait(lambda: server.level_dbfs() < SILENT_DBFS, "the headset is not heard any more")
        assert app.sees("Listening")
        assert set(server.kinds()) == {"session.update"}
        assert app.close() == 0


def test_unplugging_the_microphone_goes_on_with_another_and_says_so(
    desktop: Desktop, pulse: PulseBench, humming: Path
) -> None:
    with listening_server() as server:
        app = desktop.start(broker_settings(server))
        app.pick("Microphone", HEADSET_MICROPHONE)
        connect(app)
        pulse.unplug(HEADSET_MICROPHONE)
        app.wait(lambda: app.sees(f"{HEADSET_MICROPHONE} was unplugged. Using {DESK_MICROPHONE}."), "the notice")
        assert pulse.where(app.process.pid).microphones == (DESK_MICROPHONE,)
        with pulse.play(humming, DESK_MICROPHONE):
            app.wait(lambda: server.level_dbfs() > HEARD_DBFS, "the desk microphone is heard")
        pulse.plug(HEADSET_MICROPHONE, Direction.MICROPHONE)
        app.wait(lambda: pulse.where(app.process.pid).microphones == (HEADSET_MICROPHONE,), "the headset is taken back")
        assert app.sees("Listening")
        assert app.close() == 0


def test_the_sound_server_dies_and_the_call_goes_on_when_it_is_back(
    desktop: Desktop, pulse: PulseBench, humming: Path
) -> None:
    with listening_server() as server:
        app = desktop.start(broker_settings(server))
        connect(app)
        pulse.restart()
        with pulse.play(humming, DESK_MICROPHONE):
            app.wait(lambda: server.level_dbfs() > HEARD_DBFS, "the microphone is heard again")
        assert app.sees("Listening")
        assert app.close() == 0


def test_mute_makes_what_is_sent_silent(desktop: Desktop, pulse: PulseBench, humming: Path) -> None:
    with listening_server() as server:
        app = desktop.start(broker_settings(server))
        connect(app)
        with pulse.play(humming, DESK_MICROPHONE):
            app.wait(lambda: server.level_dbfs() > HEARD_DBFS, "the microphone is heard")
            app.press("Mute microphone")
            app.wait(lambda: server.level_dbfs() < SILENT_DBFS, "nothing is heard")
            app.key("ctrl+m")
            app.wait(lambda: server.level_dbfs() > HEARD_DBFS, "the microphone is heard again")
        assert app.close() == 0


def test_hold_to_talk_sends_the_held_part_and_the_tail(desktop: Desktop, pulse: PulseBench, humming: Path) -> None:
    with listening_server() as server:
        settings = broker_settings(server, 'mode = "push-to-talk"', "pre_roll_ms = 0", "tail_ms = 200")
        app = desktop.start(settings)
        connect(app, ready="Ready")
        with pulse.play(humming, DESK_MICROPHONE):
            app.wait(lambda: len(server.sound()) > 0, "the call has begun")
            assert server.loud_s() == 0
            with app.hold("space"):
                pressed_s = time.monotonic()
                app.wait(lambda: server.loud_s() > 1.0, "what is said is heard")
                held_s = time.monotonic() - pressed_s
            app.wait(lambda: "response.create" in server.kinds(), "the turn is committed")
            app.wait(lambda: server.level_dbfs() < SILENT_DBFS, "nothing more is sent")
        assert [kind for kind in server.kinds() if kind != "session.update"] == [
            "input_audio_buffer.clear",
            "input_audio_buffer.commit",
            "response.create",
        ]
        # The keys pass the X server, a window manager and the app; the tail is exact in tests/unit/audio.
        assert held_s + 0.2 - 0.15 < server.loud_s() < held_s + 0.2 + 0.15
        assert app.close() == 0


def test_what_is_said_with_the_key_before_the_call_is_there_is_kept_and_sent(
    desktop: Desktop, pulse: PulseBench, tmp_path: Path
) -> None:
    with listening_server() as server:
        server.admits.clear()
        app = desktop.start(broker_settings(server, 'mode = "push-to-talk"', "pre_roll_ms = 0", "tail_ms = 0"))
        app.press("Connect")
        app.wait(lambda: pulse.where(app.process.pid).microphones == (DESK_MICROPHONE,), "the microphone is open")
        write_wav(tmp_path / "one-second.wav", tone(440, 1))
        with app.hold("space"):
            app.wait(lambda: app.sees("it is kept and delivered"), "the key is held")
            assert app.sees("Connecting")
            with pulse.play(tmp_path / "one-second.wav", DESK_MICROPHONE) as player:
                player.wait(20)
        server.admits.set()
        app.wait(lambda: "response.create" in server.kinds(), "the turn is committed", 30)
        assert 0.9 < server.loud_s() < 1.1
        assert app.close() == 0


def test_losing_the_focus_lets_the_talk_key_go(desktop: Desktop, pulse: PulseBench, humming: Path) -> None:
    with listening_server() as server:
        app = desktop.start(broker_settings(server, 'mode = "push-to-talk"'))
        connect(app, ready="Ready")
        with pulse.play(humming, DESK_MICROPHONE), app.hold("space"):
            app.wait(lambda: server.loud_s() > 0.3, "what is said is heard")
            with app.another_window():
                app.wait(lambda: "response.create" in server.kinds(), "the turn is committed")
                app.wait(lambda: server.level_dbfs() < SILENT_DBFS, "nothing more is sent")
        assert app.close() == 0
