"""What a person does at a bad moment, and devices that go."""

from collections.abc import Callable

from app.conversation import happenings as did
from app.conversation.machines import Link, Successor
from app.conversation.profiles import Transport
from app.conversation.stages import Stage
from app.conversation.troubles import NoDevice
from app.conversation.view import Look
from tests.faults.scene import BOTH, NOTHING, Scene, fault
from tests.support.talk import Talk


async def hang_up_when(scene: Scene, there: Callable[[Talk], bool], what: str) -> None:
    """Hang up at that moment, and connect again."""
    talk = scene.talk
    await talk.until(lambda: there(talk), what)
    talk.wish(did.DisconnectRequested())
    await talk.until(lambda: talk.link is Link.DOWN, "hung up")
    scene.road.mend()
    await talk.connect()


@fault("hanging up while the first request is out", NOTHING, early=True)
async def hang_up_at_once(scene: Scene) -> None:
    scene.road.cut()
    scene.talk.wish(did.ConnectRequested())
    await hang_up_when(scene, lambda talk: talk.link is Link.OPENING, "connecting")


@fault("hanging up while the call is offered", NOTHING, on=(Transport.WEBRTC,), early=True)
async def hang_up_while_exchanging(scene: Scene) -> None:
    scene.talk.wish(did.ConnectRequested())
    await hang_up_when(scene, lambda talk: talk.conductor.state.stage is Stage.EXCHANGE, "the call is offered")


@fault("hanging up while the media path opens", NOTHING, on=(Transport.WEBRTC,), early=True)
async def hang_up_while_opening(scene: Scene) -> None:
    scene.talk.wish(did.ConnectRequested())
    await hang_up_when(scene, lambda talk: talk.conductor.state.stage is Stage.TRANSPORT, "the path opens")


@fault("hanging up while the session is set up", NOTHING, early=True)
async def hang_up_while_configuring(scene: Scene) -> None:
    scene.talk.wish(did.ConnectRequested())
    await hang_up_when(scene, lambda talk: talk.link is Link.CONFIGURING, "the session is set up")


@fault("hanging up while the assistant speaks", NOTHING)
async def hang_up_while_speaking(scene: Scene) -> None:
    talk = scene.talk
    await talk.speak("story")
    await talk.until(lambda: talk.rows[-2] == "user: story" and "Once upon" in talk.rows[-1], "the story has begun")
    await hang_up_when(scene, lambda talk: talk.view.look is Look.SPEAKING, "it speaks")
    heard = talk.rows[-1]
    talk.expected.extend(("user: story", heard))


@fault("hanging up while reconnecting")
async def hang_up_while_waiting(scene: Scene) -> None:
    scene.road.cut()
    await hang_up_when(scene, lambda talk: talk.link is Link.WAITING, "lost")


@fault("hanging up while it moves to another session", NOTHING)
async def hang_up_while_moving(scene: Scene) -> None:
    scene.talk.paths.name = "there"
    await hang_up_when(scene, lambda talk: talk.conductor.state.successor is not Successor.NONE, "it moves")


@fault("connecting again while it hangs up", NOTHING)
async def connect_while_closing(scene: Scene) -> None:
    for wish in (did.DisconnectRequested(), did.ConnectRequested(), did.DisconnectRequested(), did.ConnectRequested()):
        scene.talk.wish(wish)
    await scene.talk.back()


@fault("the talk key is held over a loss", push_to_talk=True)
async def key_held_over_a_loss(scene: Scene) -> None:
    talk = scene.talk
    talk.wish(did.TalkPressed())
    await talk.speak("three")
    scene.road.cut()
    await talk.lost()
    await talk.speak("four")
    scene.road.mend()
    await talk.back()
    await talk.speak("five")
    talk.wish(did.TalkReleased())
    talk.expect("three four five")
    await talk.answered()


@fault("the talk key is used while reconnecting", push_to_talk=True)
async def key_used_while_down(scene: Scene) -> None:
    talk = scene.talk
    scene.road.cut()
    await talk.lost()
    talk.expect("three four")
    talk.wish(did.TalkPressed())
    await talk.speak("three four")
    talk.wish(did.TalkReleased())
    scene.road.mend()
    await talk.answered()


@fault("the devices go while reconnecting", on=BOTH)
async def devices_go(scene: Scene) -> None:
    talk = scene.talk
    scene.road.cut()
    await talk.lost()
    talk.devices.unplug()
    await talk.until(lambda: "No microphone was found." in talk.sentences, "it is told")
    scene.road.mend()
    await talk.back()
    talk.devices.plug_in()


@fault("the devices go and come back", NoDevice("speaker").sentence, goes_on=True)
async def devices_go_and_come(scene: Scene) -> None:
    talk = scene.talk
    talk.devices.unplug()
    await talk.until(lambda: NoDevice("speaker").sentence in talk.sentences, "it is told")
    talk.devices.plug_in()


@fault("a typed question is lost with the line", on=BOTH)
async def typed_and_lost(scene: Scene) -> None:
    talk = scene.talk
    scene.road.cut()
    talk.type("three four")
    talk.expect("three four")
    await talk.lost()
    scene.road.mend()
    await talk.answered()
