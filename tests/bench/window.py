"""The rows of the app alone: the real window, real devices, the rehearsal server."""

import time
from typing import Final

from tests.bench.chromium import PAGE, chromium
from tests.bench.desk import App, Desk, Ear, painted_s
from tests.bench.processes import Meter
from tests.bench.rows import Row, at_most, at_most_share
from tests.bench.tap import now_s
from tests.support.pulse import DESK_MICROPHONE
from tests.support.speech import say

SETTLE_S: Final = 2.5
"""From a start until nothing moves on the window any more."""
LISTEN_S: Final = 20.0
QUESTION: Final = "what time is it"


def starting(desk: Desk, runs: int, against_chromium: bool) -> list[Row]:
    """From the process's start to the painted window; a browser's to a loaded and painted page."""
    row = Row(
        "process start → window painted",
        "ms",
        at_most_share(0.5),
        digits=0,
        if_missed="an empty Qt window from Python takes a third of it, most of the rest is loading 140 modules",
    )
    bare = desk.pixels.look()
    for _ in range(runs):
        desk.pixels.wait_for(bare)  # the window of the run before goes
        with desk.app(probed=False) as app:
            frames = [(app.began_s, bare), *desk.watch(app, SETTLE_S)]
            row.parlance.append(1000 * (painted_s(frames) - app.began_s))
        if against_chromium:
            began_s = time.monotonic()
            with chromium() as browser:
                browser.open(PAGE.as_uri())
                row.chromium.append(1000 * (time.monotonic() - began_s))
    return [row]


def conversing(desk: Desk, runs: int) -> list[Row]:
    """Clicks, questions and answers with the rehearsal server, heard at the speaker's monitor."""
    opened = Row("click → channel open", "ms", digits=0, note="rehearsal server, the first click of the run")
    again = Row("click → channel open, server running", "ms", digits=0)
    typed = Row("click → first reply sound", "ms", digits=0, note="a typed question sent as soon as it is live")
    spoken = Row(
        "end of speech → first reply sound", "ms", digits=0, note="500 ms of it are the server's wait for more speech"
    )
    ended = Row("SIGTERM in a call → ended", "ms", at_most(1000), digits=0)
    question = say(QUESTION, desk.folder / "question.wav")
    for _ in range(runs):
        with desk.app() as app, desk.ear(desk.speakers) as speaker, desk.ear(desk.feed) as microphone:
            time.sleep(SETTLE_S)
            click_s = app.ask(do="click", name="talkButton")["at_s"]
            opened.parlance.append(1000 * (app.logged_s("link OPENING -> ") - click_s))
            app.logged_s(" -> LIVE")
            app.ask(do="say", text=QUESTION)
            typed.parlance.append(1000 * (speaker.wait_for_sound(click_s) - click_s))
            _wait_for_silence(speaker)
            began_s = now_s()
            with desk.pulse.play(question, DESK_MICROPHONE) as player:
                player.wait(20)
            answered_s = speaker.wait_for_sound(began_s)
            said_s = max(at_s for at_s in microphone.loud_s(began_s) if at_s < answered_s)
            spoken.parlance.append(1000 * (answered_s - said_s))
            again.parlance.append(_second_click_ms(app))
            ended.parlance.append(1000 * app.end())
    return [opened, again, typed, spoken, ended]


def _wait_for_silence(speaker: Ear) -> None:
    """Until the answer is over: a second without sound."""
    while speaker.loud_s(now_s() - 1.0):
        time.sleep(0.1)


def _second_click_ms(app: App) -> float:
    app.ask(do="click", name="hangUpButton")
    while app.ask(do="read", name="talkButton")["words"] != "Connect":
        time.sleep(0.01)
    written = len(app.logged())
    click_s = float(app.ask(do="click", name="talkButton")["at_s"])
    return 1000 * (app.logged_s("link OPENING -> ", since=written) - click_s)


def streaming(desk: Desk, runs: int) -> list[Row]:
    """A long answer is written and spoken: what the GUI thread, the processor and the memory have of it."""
    gap = Row("longest GUI-thread block, long answer", "ms", at_most(10), note="without its waiting for a processor")
    computed = Row("longest computing of the GUI thread, long answer", "ms", at_most(10), note="between two events")
    wall = Row("the same with waiting for a processor", "ms", note="what else the machine had to do")
    cpu = Row("CPU in a call, app with window", "% of a core")
    server_cpu = Row("CPU in a call, rehearsal server", "% of a core")
    memory = Row("PSS in a call, app with window", "MB", digits=0)
    server_memory = Row("PSS in a call, rehearsal server", "MB", digits=0)
    for _ in range(runs):
        with desk.app() as app, desk.ear(desk.speakers) as speaker:
            time.sleep(SETTLE_S)
            app.ask(do="click", name="talkButton")
            app.logged_s(" -> LIVE")
            app.ask(do="say", text="tell me a story")
            speaker.wait_for_sound(0.0)
            own, server = Meter(app.own), Meter(app.rehearsal)
            time.sleep(LISTEN_S)
            for meter, load, held in ((own, cpu, memory), (server, server_cpu, server_memory)):
                cost = meter.read()
                load.parlance.append(cost.cpu_percent)
                held.parlance.append(cost.pss_mb)
            app.ask(do="say", text="tell me another story")
            app.ask(do="watch")
            time.sleep(LISTEN_S)
            watched = app.ask(do="report")
            gap.parlance.append(watched["own_ms"])
            computed.parlance.append(watched["computed_ms"])
            wall.parlance.append(watched["gap_ms"])
    return [computed, gap, wall, cpu, server_cpu, memory, server_memory]
