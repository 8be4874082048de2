"""What the app lets its user hear beside the assistant, at the speaker's monitor; and that nobody else hears it."""

import numpy as np

from app.audio.pcm import RATE_HZ
from tests.support.desktop import Desktop
from tests.support.listening_server import ListeningServer, listening_server
from tests.support.pulse import DESK_SPEAKERS, PulseBench, Recorder

HEARD = 500
"""About -36 dBFS."""
PAUSE_SAMPLES = RATE_HZ // 10


def settings(server: ListeningServer, cues: str) -> str:
    return (
        f'welcomed = true\nprofile = "broker"\n[turn]\nmode = "push-to-talk"\n{cues}[profiles.broker]\n'
        f'broker_url = "{server.url}/token"\nserver_url = "{server.url}/v1"\n'
    )


def sounds(recorder: Recorder) -> int:
    """How many sounds have been heard and are over."""
    samples = recorder.samples().astype(np.int32)
    loud = np.append(np.flatnonzero(np.abs(samples) > HEARD), len(samples))
    return int(np.count_nonzero(np.diff(loud) > PAUSE_SAMPLES))


def test_connection_and_talk_key_are_heard_here_and_not_there(desktop: Desktop, pulse: PulseBench) -> None:
    with listening_server() as server, pulse.record(DESK_SPEAKERS) as speakers:
        app = desktop.start(settings(server, ""))
        app.press("Connect")
        app.wait(lambda: sounds(speakers) == 1, "connected", 30)
        app.wait(lambda: app.sees("Ready"), "the app is ready")
        with app.hold("space"):
            app.wait(lambda: sounds(speakers) == 2, "on air")
        app.wait(lambda: sounds(speakers) == 3, "off air")
        server.drop_calls()
        app.wait(lambda: sounds(speakers) == 5, "lost and connected again", 30)
        assert server.loud_s() == 0
        assert app.close() == 0


def test_who_wants_no_sounds_hears_none(desktop: Desktop, pulse: PulseBench) -> None:
    with listening_server() as server, pulse.record(DESK_SPEAKERS) as speakers:
        app = desktop.start(settings(server, "[cues]\nenabled = false\n"))
        app.press("Connect")
        app.wait(lambda: app.sees("Ready"), "the app is connected", 30)
        with app.hold("space"):
            app.wait(lambda: app.sees("On air"), "it is held")
        app.wait(lambda: "input_audio_buffer.commit" in server.kinds(), "it is over")
        so_far = len(speakers.samples())
        app.wait(lambda: len(speakers.samples()) > so_far + RATE_HZ, "a second more is recorded")
        assert sounds(speakers) == 0
        assert app.close() == 0
