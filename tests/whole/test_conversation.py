"""A person talks with the assistant: the real app on a real screen, sound server and keyring, from click to answer."""

from pathlib import Path

from tests.support.desktop import App, Desktop
from tests.support.pulse import (
    DESK_SPEAKERS,
    HEADSET_MICROPHONE,
    USB_HEADPHONES,
    PulseBench,
)
from tests.support.speech import level_dbfs, say

HEARD_DBFS = -40.0
SILENT_DBFS = -80.0


def connect(app: App) -> None:
    app.press("Connect")
    app.wait(lambda: app.sees("Listening"), "the app listens", 30)


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
