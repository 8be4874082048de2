"""Faults that the rehearsal server makes itself, by its panel (app/servers/rehearsal/FAULTS.md)."""

from collections.abc import Mapping
from typing import Final

from app.conversation import happenings as did
from app.conversation.profiles import Transport
from app.conversation.troubles import ResponseFailed, ServerAnswerUnusable, ServerRefused
from tests.faults.scene import NOTHING, Scene, fault
from tests.support.socket_server import SocketServer

WEBRTC: Final = (Transport.WEBRTC,)
WEBSOCKET: Final = (Transport.WEBSOCKET,)

# --- what a client has to put up with, all the time ---------------------------------------------------------

ALL_THE_TIME: Final[Mapping[str, tuple[str, Mapping[str, object]]]] = {
    "every event comes late": ("delay_events", {"ms": 700}),
    "events that are none": ("malformed_event", {"at": "conversation.item.added"}),
    "events that nobody knows": ("unknown_event", {"at": "response.output_audio_transcript.delta"}),
    "an event of three megabytes": ("huge_event", {"at": "response.created"}),
    "events by their beta names": ("beta_names", {}),
    "items after what follows them": ("out_of_order", {"types": ["conversation.item.added"]}),
    "every event comes twice": ("duplicate", {"types": [""]}),
    "the session is never confirmed": ("leave_out", {"types": ["session.updated"]}),
    "what the user said is told late": ("transcription_late", {"ms": 2500}),
    "what an answer cost is not told": ("no_usage", {}),
    "the assistant's sound stalls": ("stall", {"ms": 600, "after_ms": 200}),
}
for _name, (_fault, _parameters) in ALL_THE_TIME.items():

    @fault(_name, NOTHING, coming={_fault: _parameters})
    async def something_is_odd(scene: Scene) -> None:
        await scene.talk.ask("three four")


@fault("a tenth of the packets is lost", NOTHING, on=WEBRTC, coming={"packet_loss": {"pattern": "0000000001"}})
async def packets_are_lost(scene: Scene) -> None:
    await scene.talk.ask("three four")


@fault("the sound comes from another source", NOTHING, on=WEBRTC)
async def another_source(scene: Scene) -> None:
    await scene.spoil(new_ssrc={})
    await scene.talk.ask("three four")


@fault("functions are called without their names", NOTHING, coming={"nameless_call": {}})
async def nameless_call(scene: Scene) -> None:
    talk = scene.talk
    await talk.speak("tool")
    talk.expected.extend(("user: tool", "tool: Looked it up", "assistant: Heard tool."))
    await talk.answered()
    assert talk.tools.calls == 1


@fault("thousands of events at once", NOTHING, on=WEBSOCKET, early=True)
async def flood(scene: Scene) -> None:
    talk = scene.talk
    async with SocketServer() as flooding:
        scene.road.lead_to(flooding.port)
        talk.wish(did.ConnectRequested())
        await flooding.request("session.update")
        await flooding.say("session.updated", session={"type": "realtime"})
        await talk.back()
        for number in range(5000):
            await flooding.say("rate_limits.updated", rate_limits=[{"name": "requests", "remaining": number}])
        await talk.hang_up()
    scene.road.lead_to(scene.server.port)
    await talk.connect()


# --- what breaks a call ---------------------------------------------------------------------------------------


@fault("the server goes silent")
async def server_goes_silent(scene: Scene) -> None:
    talk = scene.talk
    await scene.spoil(drop={})
    talk.expect("three four")
    await talk.speak("three four")
    await talk.lost()
    await talk.answered()


@fault("the server hangs up because of a bug")
async def server_bug(scene: Scene) -> None:
    await scene.spoil(close={"code": 1011})
    await scene.talk.lost()


@fault("the server hangs up without a farewell", on=WEBSOCKET)
async def no_farewell(scene: Scene) -> None:
    await scene.spoil(close={"code": 1006})
    await scene.talk.lost()


@fault("the data channel closes and the sound goes on", on=WEBRTC)
async def channel_closes(scene: Scene) -> None:
    await scene.spoil(close_channel={})
    await scene.talk.lost()


@fault(
    "the session ends and nobody said when",
    coming={"expire": {"in_s": 5.0, "times": 1}, "skewed_clock": {"s": -7200, "times": 1}},
    on=WEBSOCKET,
)
async def untold_limit(scene: Scene) -> None:
    talk = scene.talk
    await talk.lost(within_s=10.0)
    talk.expect("three four")
    await talk.speak("three four")
    await talk.answered()


# --- what makes one turn go wrong -------------------------------------------------------------------------------


@fault("what the user said cannot be written down", NOTHING)
async def transcription_failed(scene: Scene) -> None:
    talk = scene.talk
    await scene.spoil(transcription_failed={})
    talk.expected.extend(("user: ", "assistant: Heard three four."))
    await talk.speak("three four")
    await talk.answered()
    await scene.spoil()


@fault("the assistant cannot answer a turn", ResponseFailed("server_error").sentence, goes_on=True)
async def failed_response(scene: Scene) -> None:
    talk = scene.talk
    await scene.spoil(failed_response={"count": 1})
    talk.expected.append("user: three four")
    await talk.speak("three four")
    await talk.answered()


@fault("an answer is refused", "The server reports: Rate limit reached.", push_to_talk=True, goes_on=True)
async def refused_response(scene: Scene) -> None:
    talk = scene.talk
    await scene.spoil(request_error={"request": "response.create", "count": 1})
    talk.expected.append("user: three four")
    await talk.say("three four")
    await talk.answered()


@fault("the first answer after a loss comes in writing")
async def written_answer(scene: Scene) -> None:
    talk = scene.talk
    await scene.server.put_faults(coming={"written_answer": {"count": 1}}, running={"close": {}})
    await talk.lost()
    talk.expect("three four")
    talk.expected.append("assistant: Heard three four.")
    await talk.speak("three four")
    await talk.answered()


# --- what is met on the way back ----------------------------------------------------------------------------------


async def come_back_through(scene: Scene, **coming: object) -> None:
    """Lose the call, and meet that."""
    await scene.server.put_faults(coming=coming, running={"close": {}})
    await scene.talk.lost()


@fault("the server is overloaded")
async def overloaded(scene: Scene) -> None:
    talk = scene.talk
    talk.expect("three four")
    await come_back_through(scene, refuse_call={"status": 503, "times": 2})
    await talk.speak("three four")
    await talk.answered()


@fault("the server asks to slow down")
async def slow_down(scene: Scene) -> None:
    await come_back_through(scene, refuse_call={"status": 429, "code": "rate_limit_exceeded", "times": 1})


@fault("the server gives out no secret", on=WEBRTC)
async def no_secret(scene: Scene) -> None:
    await come_back_through(scene, refuse_token={"status": 500, "times": 1})


@fault("the server takes long to answer", on=WEBRTC)
async def late_answers(scene: Scene) -> None:
    talk = scene.talk
    talk.expect("three four five")
    await come_back_through(scene, delay_answer={"ms": 1500})
    await talk.speak("three four five")
    await talk.answered()


@fault("the answer names no address", ServerAnswerUnusable("it names no UDP address").sentence, on=WEBRTC)
async def nowhere(scene: Scene) -> None:
    await come_back_through(scene, blocked_udp={"candidates": "none", "times": 1})


@fault("UDP does not get through on the way back", on=(Transport.AUTO,))
async def no_udp_on_the_way_back(scene: Scene) -> None:
    talk = scene.talk
    talk.expect("three four")
    await come_back_through(scene, blocked_udp={"candidates": "unreachable"})
    await talk.speak("three four")
    await talk.answered()


@fault("the server does not know the model any more", ServerRefused(404, "model_not_found").sentence)
async def no_such_model(scene: Scene) -> None:
    await come_back_through(scene, refuse_call={"status": 404, "code": "model_not_found"})


@fault("the account's money runs out", "The account's quota is used up.")
async def no_money(scene: Scene) -> None:
    await come_back_through(scene, refuse_call={"status": 429, "code": "insufficient_quota"})


@fault("a sign-in page answers", ServerAnswerUnusable("it is a web page").sentence, on=WEBRTC)
async def sign_in_page(scene: Scene) -> None:
    await come_back_through(scene, html_answer={})
