"""The heart: ``advance(state, happening, now_s) -> (state, commands)``. Pure and total.

The tables in ``machines`` move the four phases; the rules here add what needs more than a phase, and say what is to be
done on the way from one phase to another. Every happening is legal in every state. Ids are counted in the state and
time comes in as an argument, so a recorded list of happenings is a bug report that can be replayed.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from app.conversation import commands as do
from app.conversation import happenings as did
from app.conversation import machines
from app.conversation.cues import cue_rule
from app.conversation.economy import idle_rule, meter_rule
from app.conversation.handover import handover_rule
from app.conversation.linking import is_up, link_rule
from app.conversation.machines import Link, Response, Turn
from app.conversation.plan import in_parts
from app.conversation.recording import written_down
from app.conversation.replies import reply_rule, response_rule, sound_rule, voice_rule
from app.conversation.state import State
from app.conversation.step import Step
from app.conversation.tooling import tool_rule
from app.conversation.transcript import Transcript
from app.conversation.troubles import notice_of
from app.conversation.turns import mute_rule, text_rule, turn_rule
from app.conversation.usage import Spent
from app.realtime import events as said
from app.realtime import requests as ask


def advance(state: State, happening: did.Happening, now_s: float) -> tuple[State, tuple[do.Command, ...]]:
    """The next state, and what is to be done, in order."""
    step = Step(state, _tables_applied(state, happening), happening, now_s)
    for rule in _RULES:
        rule(step)
    if isinstance(happening, did.WokeUp):
        step.forget_past_deadlines()
    return step.state, tuple(step.commands)


def _tables_applied(state: State, happening: did.Happening) -> State:
    kind = machines.kind_of(happening)
    link = machines.moved(machines.LINK, state.link, kind)
    turn = machines.moved(machines.TURN, state.turn, kind) if _key_works(state, link) else state.turn
    if link not in (Link.CONFIGURING, Link.LIVE) or _concerns_another_response(state, happening):
        return replace(state, link=link, turn=turn)
    return replace(
        state,
        link=link,
        turn=turn,
        response=machines.moved(machines.RESPONSE, state.response, kind),
        sound=machines.moved(machines.SOUND, state.sound, kind),
    )


def _key_works(state: State, link: Link) -> bool:
    """Always while live; with push-to-talk also while the connection comes up or back, and to end what it began."""
    began = state.plan.push_to_talk or state.turn in (Turn.HOLDING, Turn.TAILING, Turn.SETTLING)
    return link is Link.LIVE or (began and link not in (Link.DOWN, Link.CLOSING))


def _concerns_another_response(state: State, happening: did.Happening) -> bool:
    """Out-of-band responses run beside the one we follow."""
    match happening:
        case did.ServerSaid(said.ResponseDone(response=response)):
            return bool(state.response_id) and response.id != state.response_id
        case did.ServerSaid(said.ResponseCreated()):
            return state.response in (Response.ACTIVE, Response.CANCELLING)
        case _:
            return False


def transcript_rule(step: Step) -> None:
    """What the server says is written down."""
    if isinstance(step.happening, did.ServerSaid) and is_up(step.before):
        if isinstance(step.happening.event, said.SessionCreated | said.SessionUpdated):
            step.state = replace(step.state, transcribed=step.happening.event.session.options.transcription is not None)
        transcript = written_down(
            step.state.transcript, step.happening.event, step.now_s, transcribed=step.state.transcribed
        )
        step.state = replace(step.state, transcript=transcript)


def plan_rule(step: Step) -> None:
    """Changed settings reach a running session as far as they differ."""
    if isinstance(step.happening, did.PlanChanged) and step.happening.plan != step.state.plan:
        before, plan = step.state.plan, step.happening.plan
        step.state = replace(step.state, plan=plan)
        if step.state.link is Link.LIVE:
            if before.push_to_talk != plan.push_to_talk:
                step.order(do.SetOpenMicrophone(is_open=not plan.push_to_talk))
            parts = in_parts(plan.changed_since(before))
            step.order(*(do.Send(ask.SessionUpdate(session=options)) for options in parts))


def forget_rule(step: Step) -> None:
    """A new conversation begins with an empty page."""
    if isinstance(step.happening, did.NewConversationBegun) and step.state.link is Link.DOWN:
        step.state = replace(
            step.state, transcript=Transcript(), notice=None, meter=replace(step.state.meter, spent=Spent())
        )


def notice_rule(step: Step) -> None:
    """Notices come and go; the newest is shown."""
    match step.happening:
        case did.NoticeDismissed():
            step.state = replace(step.state, notice=None)
        case did.TroubleArose(trouble):
            step.state = replace(step.state, notice=notice_of(trouble))
        case _:
            pass


_RULES: Final[tuple[Callable[[Step], None], ...]] = (
    link_rule,
    plan_rule,
    turn_rule,
    mute_rule,
    text_rule,
    response_rule,
    voice_rule,
    sound_rule,
    tool_rule,
    transcript_rule,
    meter_rule,
    handover_rule,
    idle_rule,
    forget_rule,
    notice_rule,
    reply_rule,
    cue_rule,
)
