"""Faults of the way to the server."""

from app.conversation import happenings as did
from app.conversation.machines import Link
from app.conversation.profiles import Transport
from app.conversation.view import Look
from tests.faults.scene import NOTHING, RECONNECTING, Scene, fault
from tests.support.tones import STORY

UNANSWERED = "assistant: Heard"


@fault("the network goes silent")
async def network_goes_silent(scene: Scene) -> None:
    talk = scene.talk
    scene.road.cut()
    talk.expect("three four")
    await talk.speak("three four")
    await talk.lost()
    scene.road.mend()
    await talk.answered()


@fault("the network goes silent in the middle of a sentence")
async def network_goes_silent_in_a_sentence(scene: Scene) -> None:
    talk = scene.talk
    await talk.speak("three four")
    await talk.until(lambda: talk.view.look is Look.ON_AIR, "the server hears it")
    scene.road.cut()
    await talk.speak("five six")
    talk.expect("three four five six")
    await talk.lost()
    scene.road.mend()
    await talk.answered()


@fault("the network goes silent at the end of a long sentence")
async def network_goes_silent_in_a_long_sentence(scene: Scene) -> None:
    talk = scene.talk
    before, after = "three four five six seven eight " * 4, "nine ten"
    talk.expect(before + after)
    await talk.speak(before)
    scene.road.cut()
    await talk.speak(after)
    await talk.lost()
    scene.road.mend()
    await talk.answered()


@fault("the network goes silent in the middle of an answer")
async def network_goes_silent_in_an_answer(scene: Scene) -> None:
    talk = scene.talk
    await talk.speak("story")
    await talk.until(lambda: "user: story" in talk.rows and len(talk.rows[-1]) > 40, "the story has begun")
    scene.road.cut()
    await talk.lost()
    scene.road.mend()
    await talk.back()
    heard = talk.rows[3]
    assert STORY.startswith(heard.removeprefix("assistant: ").split("|")[0])
    talk.expected.extend(("user: story", heard, f"assistant: {STORY}"))
    await talk.answered()


@fault("the network pauses for two seconds", NOTHING)
async def network_pauses(scene: Scene) -> None:
    scene.road.cut()
    await scene.talk.pause(2.0)
    scene.road.mend()


@fault("nothing comes back from the server")
async def answers_are_lost(scene: Scene) -> None:
    talk = scene.talk
    scene.road.cut(way_there=False)
    talk.expect("three four")
    await talk.speak("three four")
    await talk.lost()
    scene.road.mend()
    await talk.answered()


@fault("the connection is reset", on=(Transport.WEBSOCKET,))
async def connection_reset(scene: Scene) -> None:
    scene.road.reset()
    await scene.talk.lost()
    await scene.talk.back()


@fault("the connection for tokens is reset", NOTHING, on=(Transport.WEBRTC,))
async def token_connection_reset(scene: Scene) -> None:
    scene.road.reset()


@fault("the server's port is closed for a while")
async def port_closed(scene: Scene) -> None:
    talk = scene.talk
    scene.road.close_port()
    scene.road.cut()
    await talk.lost()
    scene.road.mend()
    await talk.until(lambda: talk.conductor.state.tries >= 2, "a try in vain")
    await talk.speak("three four")
    talk.expect("three four")
    await scene.road.open_port()
    await talk.answered()


@fault("lost again while coming back")
async def lost_again(scene: Scene) -> None:
    talk = scene.talk
    scene.road.cut()
    await talk.lost()
    scene.road.mend()
    await talk.until(lambda: talk.link is Link.CONFIGURING, "it is nearly back")
    scene.road.reset()
    scene.road.cut()
    talk.expect("three four")
    await talk.speak("three four")
    await talk.until(lambda: talk.link is Link.WAITING, "lost again")
    scene.road.mend()
    await talk.answered()


@fault("UDP is blocked from the start", NOTHING, on=(Transport.AUTO,), early=True)
async def udp_blocked(scene: Scene) -> None:
    scene.road.block_udp()
    await scene.talk.connect()
    await scene.talk.ask("one two")
    scene.talk.wish(did.DisconnectRequested())
    await scene.talk.until(lambda: scene.talk.link is Link.DOWN, "hung up")
    scene.road.calls = 0
    await scene.talk.connect()
    assert scene.road.calls == 0, "WebRTC was tried again at once on a network that blocks it"


@fault("UDP is blocked in the middle", RECONNECTING, on=(Transport.AUTO,))
async def udp_blocked_later(scene: Scene) -> None:
    scene.road.block_udp()
    await scene.talk.lost()
    scene.talk.expect("three four")
    await scene.talk.speak("three four")
    await scene.talk.answered()


@fault("another network", NOTHING)
async def another_network(scene: Scene) -> None:
    talk = scene.talk
    talk.paths.name = "there"
    talk.expect("three four")
    await talk.speak("three four")
    await talk.moved()
    await talk.answered()


@fault("another network, and the line over the old one is dead", NOTHING)
async def another_network_dead_line(scene: Scene) -> None:
    talk = scene.talk
    scene.road.cut_what_is_open()
    talk.paths.name = "there"
    talk.expect("three four")
    await talk.speak("three four")
    await talk.moved()
    await talk.answered()


@fault("the clock is set while connecting", NOTHING, early=True)
async def clock_set_while_connecting(scene: Scene) -> None:
    scene.road.cut()
    scene.talk.wish(did.ConnectRequested())
    await scene.talk.pause(0.2)  # the lookout has looked, and looks again in a second
    scene.talk.set_clock_ahead(3600.0)
    await scene.talk.pause(1.3)
    scene.road.mend()
    await scene.talk.back()


@fault("the machine slept", NOTHING)
async def machine_slept(scene: Scene) -> None:
    scene.talk.set_clock_ahead(3600.0)
    await scene.talk.moved()


@fault("the machine slept, and the line did not outlive it", NOTHING)
async def machine_slept_long(scene: Scene) -> None:
    scene.road.cut_what_is_open()
    scene.talk.set_clock_ahead(3600.0)
    await scene.talk.moved()
