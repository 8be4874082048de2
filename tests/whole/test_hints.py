"""What the window says of a microphone that does not do what a person believes."""

from pathlib import Path

from tests.support.desktop import Desktop
from tests.support.pulse import DESK_MICROPHONE, PulseBench
from tests.support.speech import say
from tests.whole.test_conversation import connect


def test_a_dead_microphone_and_talking_while_muted_are_said(
    desktop: Desktop, pulse: PulseBench, tmp_path: Path
) -> None:
    speech = say(
        "One two three four five six seven eight nine ten, and so on, and so on, until you hear.", tmp_path / "a.wav"
    )
    app = desktop.start()
    connect(app)
    app.wait(lambda: app.sees("Nothing comes from the microphone."), "silence is said")
    app.key("ctrl+m")
    app.wait(lambda: not app.sees("Nothing comes from the microphone."), "muted, silence is right")
    with pulse.play(speech, DESK_MICROPHONE):
        app.wait(lambda: app.sees("You are speaking, but you are muted."), "talking while muted is said")
    app.key("ctrl+m")
    app.wait(lambda: not app.sees("You are speaking, but you are muted."), "heard again")
    assert app.close() == 0
