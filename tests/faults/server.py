"""Faults of the server."""

import signal

from app.conversation.troubles import KeyRefused
from app.conversation.view import Look
from tests.faults.scene import NOTHING, Scene, fault


@fault("the server restarts")
async def server_restarts(scene: Scene) -> None:
    talk = scene.talk
    await scene.server.stop()
    talk.expect("three four")
    await talk.speak("three four")
    await scene.server.start()
    await talk.answered()


@fault("the server is away for some tries")
async def server_away(scene: Scene) -> None:
    talk = scene.talk
    await scene.server.stop()
    await talk.until(lambda: talk.conductor.state.tries >= 2, "a try in vain")
    await scene.server.start()


@fault("the server comes back with another key", KeyRefused)
async def server_with_another_key(scene: Scene) -> None:
    await scene.server.stop()
    scene.server.key = "sk-rehearsal-another"
    await scene.server.start()


@fault("the embedded server is killed", by_process=True)
async def server_killed(scene: Scene) -> None:
    talk = scene.talk
    scene.signal(signal.SIGKILL)
    talk.expect("three four")
    await talk.speak("three four")
    await talk.answered()


@fault("the embedded server freezes for some seconds", by_process=True)
async def server_frozen(scene: Scene) -> None:
    talk = scene.talk
    scene.signal(signal.SIGSTOP)
    talk.expect("three four")
    await talk.speak("three four")
    await talk.lost()
    scene.signal(signal.SIGCONT)
    await talk.answered()


@fault("the server's limit for a session comes", NOTHING, coming={"expire": {"in_s": 6.0, "times": 1}})
async def session_limit(scene: Scene) -> None:
    await scene.talk.moved()


@fault("the server's limit comes while somebody speaks", NOTHING, coming={"expire": {"in_s": 6.0, "times": 1}})
async def session_limit_while_speaking(scene: Scene) -> None:
    talk = scene.talk
    words = "three four five six seven"
    talk.expect(words)
    await talk.until(lambda: talk.conductor.state.successor.name == "READY", "it is about to move")
    await talk.speak(words)
    await talk.answered()
    await talk.moved()


@fault("the connection is lost before a turn was written down")
async def lost_before_transcription(scene: Scene) -> None:
    talk = scene.talk
    scene.server.recogniser.may_answer.clear()
    talk.expect("three four")
    await talk.speak("three four")
    await talk.until(lambda: talk.view.look is Look.THINKING, "the turn was taken")
    scene.server.recogniser.may_answer.set()
    scene.road.cut()
    await talk.lost()
    scene.road.mend()
    await talk.answered()


@fault("the connection is lost while a function runs")
async def lost_while_a_function_runs(scene: Scene) -> None:
    talk = scene.talk
    talk.tools.may_answer.clear()
    await talk.speak("tool")
    await talk.until(lambda: talk.tools.calls == 1 and "user: tool" in talk.rows, "the function runs")
    await scene.hang_up_and_open()
    await talk.lost()
    talk.tools.may_answer.set()
    talk.expected.extend(("user: tool", "tool: Looked it up", "assistant: Heard tool."))
    await talk.answered()
