"""Rules of money and idleness: the meter runs, a cap holds, and nobody pays for an empty room."""

from dataclasses import replace
from typing import Final

from app.conversation import commands as do
from app.conversation import happenings as did
from app.conversation.machines import Link, Response, Sound, Turn
from app.conversation.step import Step
from app.conversation.troubles import Notice
from app.realtime import events as said

WARNING_S: Final = 30.0
"""How long before hanging up it is said."""

_ACTIVITY: Final = (
    did.TalkPressed,
    did.TalkReleased,
    did.TextSubmitted,
    did.ImageSubmitted,
    did.InterruptRequested,
    did.MuteChosen,
    did.NoticeDismissed,
    did.QuestionAnswered,
)
_STAYING: Final = "Still there?"


def meter_rule(step: Step) -> None:
    """What is used is counted where it is told: with responses, and with transcriptions."""
    meter = step.state.meter
    match step.happening:
        case did.ServerSaid(said.SessionCreated(session=session)) | did.ServerSaid(
            said.SessionUpdated(session=session)
        ):
            plan = step.state.plan
            meter = replace(meter, price=plan.price_of(session.model), cap_usd=plan.cost_cap_usd)
        case did.ServerSaid(said.ResponseDone(response=response)) if response.usage is not None:
            meter = replace(meter, spent=meter.spent.with_response(response.usage))
        case did.ServerSaid(said.ConversationItemInputAudioTranscriptionCompleted(usage=usage)) if usage is not None:
            meter = replace(meter, spent=meter.spent.with_transcription(usage))
        case _:
            return
    step.state = replace(step.state, meter=meter)
    if meter.is_over and step.state.link is Link.LIVE:
        words = f"This conversation has cost {meter.cost_usd:.2f} dollars, which is the limit you set."
        notice = Notice(words, "Raise the limit in Settings to go on.", "settings", is_trouble=False)
        _hang_up(step, notice)


def idle_rule(step: Step) -> None:
    """After a long silence the call ends, with a warning before."""
    limit_s = step.state.plan.idle_hang_up_s
    if step.state.link is not Link.LIVE or not limit_s:
        if step.state.due.idle_end_s is not None:
            step.await_until(idle_warning_s=None, idle_end_s=None)
        return
    if step.state.due.idle_end_s is None or _somebody_is_there(step):
        if step.state.notice is not None and step.state.notice.sentence == _STAYING:
            step.state = replace(step.state, notice=None)
        end_s = step.now_s + limit_s
        step.await_until(idle_warning_s=end_s - WARNING_S, idle_end_s=end_s)
    elif isinstance(step.happening, did.WokeUp) and step.is_due(step.state.due.idle_end_s):
        minutes = round(limit_s / 60)
        words = f"Parlance hung up after {minutes} quiet minute{'s' if minutes != 1 else ''}."
        _hang_up(step, Notice(words, "Connect to go on: the conversation is kept.", "connect", is_trouble=False))
    elif isinstance(step.happening, did.WokeUp) and step.is_due(step.state.due.idle_warning_s):
        step.await_until(idle_warning_s=None)
        notice = Notice(_STAYING, "Parlance hangs up in half a minute. Speak or close this to stay.", is_trouble=False)
        step.state = replace(step.state, notice=notice)


def _somebody_is_there(step: Step) -> bool:
    state = step.state
    speaking = (
        state.turn is not Turn.IDLE
        or state.sound is Sound.PLAYING
        or state.response is not Response.NONE
        or bool(state.running)
    )
    return speaking or isinstance(step.happening, _ACTIVITY)


def _hang_up(step: Step, notice: Notice) -> None:
    step.state = replace(step.state, link=Link.CLOSING, ending=notice, connect_again=False)
    step.order(do.StopAttempt())
