"""Rules of the user's turn: the talk key, mute and typed text."""

from dataclasses import replace
from typing import Final

from app.conversation import commands as do
from app.conversation import happenings as did
from app.conversation.interruption import interrupt
from app.conversation.machines import Link, Turn
from app.conversation.recording import PICTURE
from app.conversation.salvage import SHORTEST_HOLD_S
from app.conversation.settings import TalkMode
from app.conversation.step import Step
from app.conversation.troubles import Notice, SoundTrouble
from app.conversation.view import Speaker
from app.realtime import requests as ask
from app.realtime.items import Content, InputImage, InputText, Message, Role

SETTLE_S: Final = 0.06
"""Between the last sample sent and the commit; the tail before it covers the rest of PROTOCOL 4.3's 200 ms."""
LATE_GRACE_S: Final = 5.0
"""The same for what was said while the connection was down: it is delivered at its own pace."""
TAIL_GRACE_S: Final = 1.0
"""If the sound thread does not report the closed gate, the turn goes on without it."""


def turn_rule(step: Step) -> None:
    """The talk key: down, up, the tail after it, and the commit.

    With push-to-talk the key also works while the connection comes up or back: the delay line keeps what is said, and
    everything after the key's release follows when it has been delivered.
    """
    state = step.state
    if isinstance(step.happening, did.WokeUp):
        if state.turn is Turn.TAILING and step.is_due(state.due.tail_by_s):
            step.state = replace(step.state, turn=Turn.SETTLING)
        elif state.turn is Turn.SETTLING and step.is_due(state.due.settled_by_s):
            step.state = replace(step.state, turn=Turn.IDLE)
    if state.turn is Turn.HOLDING and _lost_the_microphone(step.happening):
        step.state = replace(step.state, turn=Turn.TAILING)
    if step.entered_link() is Link.LIVE and state.turn is Turn.TAILING:
        step.await_until(tail_by_s=step.now_s + state.released_s - state.pressed_s + LATE_GRACE_S)
    match step.before.turn, step.state.turn:
        case (Turn.TAILING | Turn.SETTLING, Turn.HOLDING):
            step.await_until(tail_by_s=None, settled_by_s=None)
            if state.plan.push_to_talk:
                step.order(do.PressGate())
        case (before, Turn.HOLDING) if before is not Turn.HOLDING and step.before.link is not Link.DOWN:
            _begin_hold(step, mid_speech=before is Turn.SPEAKING)
        case (Turn.HOLDING, Turn.TAILING):
            _begin_tail(step)
        case (Turn.TAILING, Turn.SETTLING):
            step.await_until(tail_by_s=None, settled_by_s=step.now_s + SETTLE_S)
        case (Turn.SETTLING, Turn.IDLE):
            _end_hold(step)
        case _:
            pass


def _lost_the_microphone(happening: did.Happening) -> bool:
    """Nobody who holds a key means a microphone that took over meanwhile."""
    return isinstance(happening, did.TroubleArose) and isinstance(happening.trouble, SoundTrouble)


def _begin_hold(step: Step, *, mid_speech: bool) -> None:
    """While the key is down the person alone decides when the turn ends, also where the server usually does."""
    is_live = step.state.link is Link.LIVE
    if is_live:
        interrupt(step)
    step.state = replace(step.state, pressed_s=step.now_s, notice=None)
    if step.state.plan.push_to_talk:
        if is_live:
            step.order(do.Send(ask.InputAudioBufferClear()))
        step.order(do.PressGate())
        return
    step.order(do.Send(ask.SessionUpdate(session=step.state.plan.manual_turns)))
    if not mid_speech:
        step.order(do.Send(ask.InputAudioBufferClear()))


def _begin_tail(step: Step) -> None:
    tail_s = step.state.plan.tail_ms / 1000
    step.state = replace(step.state, released_s=step.now_s)
    step.order(do.ReleaseGate())
    if not step.state.plan.push_to_talk:
        step.await_until(tail_by_s=step.now_s + tail_s)
    elif step.state.link is Link.LIVE:
        held_s = step.now_s - step.state.pressed_s
        late_s = held_s + LATE_GRACE_S if step.state.pressed_s < step.state.live_s else 0.0
        step.await_until(tail_by_s=step.now_s + tail_s + TAIL_GRACE_S + late_s)


def _end_hold(step: Step) -> None:
    step.await_until(settled_by_s=None)
    if step.state.link is not Link.LIVE:
        return  # turn detection was taken over by other settings meanwhile, and finds the turn itself
    if step.state.released_s - step.state.pressed_s < SHORTEST_HOLD_S:
        is_toggle = step.state.plan.talk_mode is TalkMode.TOGGLE
        remedy = "Speak before you press again." if is_toggle else "Hold the key while you speak."
        notice = Notice("That was too short to hear.", remedy, is_trouble=False)
    elif step.state.muted:
        notice = Notice("You are muted, so nothing was sent.", "Unmute, then say it again.", is_trouble=False)
    else:
        notice = None
    if notice is None:
        step.order(do.Send(ask.InputAudioBufferCommit()))
        step.state = replace(step.state, reply_wanted=True)
    else:
        step.order(do.Send(ask.InputAudioBufferClear()))
        step.state = replace(step.state, notice=notice)
    if not step.state.plan.push_to_talk:
        step.order(do.Send(ask.SessionUpdate(session=step.state.plan.planned_turns)))


def mute_rule(step: Step) -> None:
    """Mute wins over everything, at once."""
    if isinstance(step.happening, did.MuteChosen) and step.happening.muted != step.state.muted:
        step.state = replace(step.state, muted=step.happening.muted)
        step.order(do.Mute(step.happening.muted))


def text_rule(step: Step) -> None:
    """A typed message or a picture interrupts, and is answered like speech."""
    if step.state.link is not Link.LIVE:
        return
    match step.happening:
        case did.TextSubmitted(text, item_id):
            _submit(step, item_id, (InputText(text),), text)
        case did.ImageSubmitted(data_uri, text, item_id):
            words = (InputText(text),) if text else ()
            _submit(step, item_id, (*words, InputImage(data_uri)), f"{text} {PICTURE}".strip())
        case _:
            pass


def _submit(step: Step, item_id: str, content: tuple[Content, ...], shown: str) -> None:
    interrupt(step)
    step.order(do.Send(ask.ConversationItemCreate(item=Message(Role.USER, content, item_id))))
    written = step.state.transcript.placed(item_id, Speaker.USER, None, step.now_s)
    step.state = replace(
        step.state, transcript=written.settled(item_id, shown).finished(item_id), reply_wanted=True, notice=None
    )
