"""Faults of the broker, met on the way back after a loss."""

import json
from collections.abc import Awaitable, Callable

from app.conversation.troubles import (
    BrokerAnswerUnusable,
    BrokerBusy,
    BrokerForbids,
    BrokerLeaksKey,
    BrokerRedirects,
    BrokerRefused,
    NotSignedIn,
    PortalInTheWay,
    QuotaExhausted,
)
from tests.faults.scene import RECONNECTING, Scene, fault
from tests.support.http_server import Answer, answer, break_off, drip, endless, hang_up, silence

_QUOTA = json.dumps({"error": {"code": "insufficient_quota", "message": "x"}})
_JSON = "application/json"

FOR_A_WHILE: dict[str, Answer] = {
    "is busy": answer(429, retry_after="1"),
    "is busy and does not say for how long": answer(429),
    "has a problem of its own": answer(503),
    "does not answer": silence,
    "answers a byte at a time": drip(),
    "hangs up": hang_up,
    "breaks off": break_off,
}
FOR_GOOD: dict[str, tuple[Answer, str]] = {
    "does not know us any more": (answer(401), NotSignedIn.sentence),
    "forbids it": (answer(403), BrokerForbids().sentence),
    "has no money left": (answer(429, _QUOTA, content_type=_JSON), QuotaExhausted.sentence),
    "leads elsewhere": (answer(302, location="https://elsewhere.example/"), BrokerRedirects.sentence),
    "has moved": (answer(404), BrokerRefused(404).sentence),
    "asks to wait for hours": (answer(429, retry_after="7200"), BrokerBusy().sentence),
    "is behind a page to sign in": (answer(200, "<html>", content_type="text/html"), PortalInTheWay.sentence),
    "answers with nothing": (answer(200), "The broker's answer cannot be used"),
    "answers without an end": (endless(), "The broker's answer cannot be used"),
    "gives out an old secret": (
        answer(200, '{"value":"ek_old","expires_at":1000}', content_type=_JSON),
        "The broker's answer cannot be used",
    ),
    "gives out a main key": (
        answer(200, '{"value":"sk-proj-0123456789abcdefghij"}', content_type=_JSON),
        BrokerLeaksKey.sentence,
    ),
}


def _for_a_while(reply: Answer) -> Callable[[Scene], Awaitable[None]]:
    async def cause(scene: Scene) -> None:
        talk, broker = scene.talk, scene.broker
        assert broker is not None
        broker.script = reply
        asked = len(broker.received)
        await scene.hang_up_and_open()
        await talk.lost()
        talk.expect("three four")
        await talk.speak("three four")
        await talk.until(
            lambda: talk.conductor.state.tries >= 1 and len(broker.received) > asked, "the broker was asked"
        )
        scene.give_out_secrets()
        await talk.answered()

    return cause


def _for_good(reply: Answer) -> Callable[[Scene], Awaitable[None]]:
    async def cause(scene: Scene) -> None:
        assert scene.broker is not None
        scene.broker.script = reply
        await scene.hang_up_and_open()

    return cause


for _name, _reply in FOR_A_WHILE.items():
    fault(f"the broker {_name}", RECONNECTING, by_broker=True)(_for_a_while(_reply))
for _name, (_reply, _sentence) in FOR_GOOD.items():
    fault(f"the broker {_name}", _sentence, by_broker=True)(_for_good(_reply))

assert BrokerAnswerUnusable("x").sentence.startswith("The broker's answer cannot be used")
