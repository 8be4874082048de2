"""Rules of the user's turn: the talk key, mute and typed text."""

from dataclasses import replace
from typing import Final

from app.conversation import commands as do
from app.conversation import happenings as did
from app.conversation.interruption import interrupt
from app.conversation.machines import Link, Turn
from app.conversation.step import Step
from app.conversation.troubles import Notice
from app.conversation.view import Speaker
from app.realtime import requests as ask
from app.realtime.items import InputText, Message, Role

SETTLE_S: Final = 0.06
"""Between the last sample sent and the commit; the tail before it covers the rest of PROTOCOL 4.3's 200 ms."""
SHORTEST_HOLD_S: Final = 0.1
"""A shorter press is a slip: the server answers less than 100 ms of sound with an error."""
TAIL_GRACE_S: Final = 1.0
"""If the sound thread does not report the closed gate, the turn goes on without it."""


def turn_rule(step: Step) -> None:
    """The talk key: down, up, the tail after it, and the commit."""
    state = step.state
    if state.link is not Link.LIVE:
        return
    if isinstance(step.happening, did.WokeUp):
        if state.turn is Turn.TAILING and step.due(state.tail_by_s):
            step.state = replace(step.state, turn=Turn.SETTLING)
        elif state.turn is Turn.SETTLING and step.due(state.settled_by_s):
            step.state = replace(step.state, turn=Turn.IDLE)
    match step.before.turn, step.state.turn:
        case (Turn.TAILING | Turn.SETTLING, Turn.HOLDING):
            step.state = replace(step.state, tail_by_s=None, settled_by_s=None)
            if state.plan.push_to_talk:
                step.order(do.PressGate())
        case (before, Turn.HOLDING) if before is not Turn.HOLDING:
            _begin_hold(step, mid_speech=before is Turn.SPEAKING)
        case (Turn.HOLDING, Turn.TAILING):
            _begin_tail(step)
        case (Turn.TAILING, Turn.SETTLING):
            step.state = replace(step.state, tail_by_s=None, settled_by_s=step.now_s + SETTLE_S)
        case (Turn.SETTLING, Turn.IDLE):
            _end_hold(step)
        case _:
            pass


def _begin_hold(step: Step, *, mid_speech: bool) -> None:
    """While the key is down the person alone decides when the turn ends, also where the server usually does."""
    interrupt(step)
    step.state = replace(step.state, pressed_s=step.now_s, notice=None)
    if step.state.plan.push_to_talk:
        step.order(do.Send(ask.InputAudioBufferClear()), do.PressGate())
        return
    step.order(do.Send(ask.SessionUpdate(session=step.state.plan.manual_turns)))
    if not mid_speech:
        step.order(do.Send(ask.InputAudioBufferClear()))


def _begin_tail(step: Step) -> None:
    tail_s = step.state.plan.tail_ms / 1000
    step.state = replace(step.state, released_s=step.now_s)
    if step.state.plan.push_to_talk:
        step.order(do.ReleaseGate())
        step.state = replace(step.state, tail_by_s=step.now_s + tail_s + TAIL_GRACE_S)
    else:
        step.state = replace(step.state, tail_by_s=step.now_s + tail_s)


def _end_hold(step: Step) -> None:
    step.state = replace(step.state, settled_by_s=None)
    if step.state.released_s - step.state.pressed_s < SHORTEST_HOLD_S:
        step.order(do.Send(ask.InputAudioBufferClear()))
        step.state = replace(
            step.state, notice=Notice("That was too short to hear.", "Hold the key while you speak.", is_trouble=False)
        )
    elif step.state.muted:
        step.order(do.Send(ask.InputAudioBufferClear()))
        step.state = replace(
            step.state, notice=Notice("You are muted, so nothing was sent.", "Unmute, then hold the key and speak.")
        )
    else:
        step.order(do.Send(ask.InputAudioBufferCommit()))
        step.state = replace(step.state, reply_wanted=True)
    if not step.state.plan.push_to_talk:
        step.order(do.Send(ask.SessionUpdate(session=step.state.plan.planned_turns)))


def mute_rule(step: Step) -> None:
    """Mute wins over everything, at once."""
    if isinstance(step.happening, did.MuteChosen) and step.happening.muted != step.state.muted:
        step.state = replace(step.state, muted=step.happening.muted)
        step.order(do.Mute(step.happening.muted))


def text_rule(step: Step) -> None:
    """A typed message interrupts, and is answered like speech."""
    if isinstance(step.happening, did.TextSubmitted) and step.state.link is Link.LIVE:
        text, item_id = step.happening.text, step.happening.item_id
        interrupt(step)
        item = Message(id=item_id, role=Role.USER, content=(InputText(text=text),))
        step.order(do.Send(ask.ConversationItemCreate(item=item)))
        written = step.state.transcript.placed(item_id, Speaker.USER, None, step.now_s)
        step.state = replace(
            step.state, transcript=written.settled(item_id, text).finished(item_id), reply_wanted=True, notice=None
        )
