"""Rules of the link: what is ordered on the way up, what happens when it is lost, and what stays when it is down."""

from dataclasses import replace
from typing import Final

from app.conversation import commands as do
from app.conversation import happenings as did
from app.conversation.context import answer_is_owed, restored
from app.conversation.machines import Link, Response, Sound, Successor, Turn
from app.conversation.salvage import DEAD_LINE_S, leave_session
from app.conversation.state import State
from app.conversation.step import Step
from app.conversation.troubles import (
    BrokerBusy,
    Notice,
    ReconnectFailed,
    SessionRejected,
    Trouble,
    notice_of,
)
from app.realtime import events as said
from app.realtime import requests as ask
from app.realtime.events import ErrorCode

CONFIGURE_LIMIT_S: Final = 5.0
"""Silence is sent until ``session.updated``, but no longer: some servers never confirm (PROTOCOL 4.1)."""
FIRST_RETRY_S: Final = 0.5
LONGEST_RETRY_S: Final = 15.0
LONGEST_OBEDIENCE_S: Final = 60.0
"""Whoever is asked to wait longer is told so, instead of being kept in a conversation that does not go on."""
MOST_TRIES: Final = 12
"""With back-off some two minutes: longer than a router takes to restart."""


def link_rule(step: Step) -> None:
    """Up, configured, live; lost and up again; down."""
    _notice_signs(step)
    match step.entered_link():
        case Link.OPENING:
            _open(step)
        case Link.CONFIGURING:
            _configure(step)
        case Link.LIVE:
            _go_live(step)
        case Link.CLOSING:
            step.order(do.StopAttempt())
        case Link.DOWN:
            _come_down(step)
        case Link.WAITING | None:
            pass


def is_up(state: State) -> bool:
    """Whether the channel can be written to."""
    return state.link in (Link.CONFIGURING, Link.LIVE)


def _notice_signs(step: Step) -> None:
    match step.happening:
        case did.ConnectRequested() if step.state.link is Link.CLOSING:
            step.state = replace(step.state, connect_again=True)
        case did.DisconnectRequested() if step.state.link is Link.CLOSING:
            step.state = replace(step.state, connect_again=False)
        case did.StageReached(stage) if step.state.link is Link.OPENING:
            step.state = replace(step.state, stage=stage)
        case did.WokeUp() if step.state.link is Link.CONFIGURING and step.is_due(step.state.due.configured_by_s):
            step.state = replace(step.state, link=Link.LIVE)
        case did.WokeUp() if step.state.link is Link.WAITING and step.is_due(step.state.due.retry_at_s):
            step.state = replace(step.state, link=Link.OPENING)
        case did.ServerSaid(said.ErrorEvent(error=error)) if is_up(step.state):
            _notice_error(step, error)
        case did.LinkEnded(trouble) if step.before.link is Link.LIVE and step.state.successor is Successor.READY:
            if _is_worth_a_try(step.before, trouble):
                # The next session is there already: it takes over now.
                step.state = replace(step.state, link=Link.LIVE, hurry=True, line_doubted=True)
        case _:
            pass


def _notice_error(step: Step, error: said.ErrorDetail) -> None:
    if error.code == ErrorCode.SESSION_EXPIRED:
        # The server's own limit, before ours: a new session follows at once.
        _note_loss(step)
        step.state = replace(step.state, link=Link.CLOSING, connect_again=True)
    elif error.event_id in step.state.update_event_ids:
        notice = notice_of(SessionRejected(error.param or error.code or ""))
        step.state = replace(step.state, link=Link.LIVE, notice=notice)


# --- up -----------------------------------------------------------------------------------------------------


def _open(step: Step) -> None:
    step.await_until(retry_at_s=None)
    step.state = replace(step.state, ending=None, connect_again=False, playback_told=False, tries=step.state.tries + 1)
    if step.before.link is Link.DOWN:
        step.state = replace(step.state, notice=None)
        # What is said from now on is kept, so the talk key and mute hold from now on.
        step.order(do.OpenSound(), do.HoldSilence(held=True))
        _set_gate(step)
    step.order(do.StartAttempt())


def _configure(step: Step) -> None:
    step.await_until(configured_by_s=step.now_s + CONFIGURE_LIMIT_S)
    _set_gate(step)
    step.order(do.AllowPlayback())
    ids = session_updates(step, to_successor=False)
    step.state = replace(step.state, update_event_ids=ids)


def _set_gate(step: Step) -> None:
    step.order(do.SetOpenMicrophone(is_open=not step.state.plan.push_to_talk), do.Mute(step.state.muted))


def session_updates(step: Step, *, to_successor: bool) -> frozenset[str]:
    """Order the plan's updates; their event ids, to know a refusal."""
    ids: set[str] = set()
    for options in step.state.plan.updates:
        event_id = step.new_id()
        ids.add(event_id)
        step.order(do.Send(ask.SessionUpdate(session=options, event_id=event_id), to_successor))
    return frozenset(ids)


def _go_live(step: Step) -> None:
    step.await_until(configured_by_s=None)
    state = step.state
    lost = state.lost_at_s is not None
    owed = state.cut_off or (lost and (bool(state.results) or answer_is_owed(state.transcript)))
    restore_context(step, interrupted=state.cut_off and not state.comes_again)
    step.order(do.HoldSilence(held=False))
    step.state = replace(
        step.state,
        begun=True,
        live_s=step.now_s,
        tries=0,
        lost_at_s=None,
        cut_off=False,
        comes_again=False,
        reply_wanted=step.state.reply_wanted or (owed and not state.comes_again),
    )


def restore_context(step: Step, *, interrupted: bool) -> None:
    """Tell the new session what has been said so far."""
    serial = step.state.serial + 1
    items = restored(step.state.transcript, serial=serial, interrupted=interrupted) if step.state.plan.restores else ()
    results = step.state.results if step.state.plan.restores else ()
    step.order(*(do.Send(ask.ConversationItemCreate(item=item)) for item in (*items, *results)))
    step.state = replace(step.state, serial=serial, results=(), voice_doubted=bool(items))


# --- lost, and down -----------------------------------------------------------------------------------------


def _come_down(step: Step) -> None:
    happening = step.happening
    trouble = happening.trouble if isinstance(happening, did.LinkEnded) else None
    if step.before.connect_again:
        _come_back(step)
    elif isinstance(happening, did.LinkEnded) and _is_worth_a_try(step.before, trouble):
        _wait_for_retry(step, trouble, happening.luck)
    else:
        _wind_up(step, trouble)


def _is_worth_a_try(before: State, trouble: Trouble | None) -> bool:
    wanted = before.begun and before.link is not Link.CLOSING
    soon = (_asked_for_s(trouble) or 0.0) <= LONGEST_OBEDIENCE_S
    return wanted and soon and trouble is not None and trouble.retryable


def _asked_for_s(trouble: Trouble | None) -> float | None:
    """How long a broker asks to wait."""
    return trouble.retry_after_s if isinstance(trouble, BrokerBusy) else None


def _wait_for_retry(step: Step, trouble: Trouble | None, luck: float) -> None:
    _note_loss(step)
    if step.state.tries >= MOST_TRIES:
        _wind_up(step, ReconnectFailed())
        return
    step.state = replace(_between_sessions(step.state), link=Link.WAITING)
    step.await_until(retry_at_s=step.now_s + retry_delay_s(step.state.tries, luck, _asked_for_s(trouble)))


def retry_delay_s(tries: int, luck: float, asked_for_s: float | None) -> float:
    """Exponential back-off with jitter; never less than the server asked for."""
    grown_s = min(FIRST_RETRY_S * 2.0 ** min(tries, 10), LONGEST_RETRY_S)
    return max(grown_s * (0.5 + luck), asked_for_s or 0.0)


def _come_back(step: Step) -> None:
    """An attempt was asked for while the one before was ending: after the server's limit, or by a change of mind."""
    if step.before.lost_at_s is None:
        leave_session(step, doubt_s=None)
        _give_up_successor(step)
        step.order(do.DropPlayback(), do.HoldSilence(held=True))
        step.state = replace(step.state, begun=False)
    step.state = replace(_between_sessions(step.state), link=Link.OPENING, notice=step.before.notice)
    _open(step)


def _note_loss(step: Step) -> None:
    """What was being said is cut where it was heard, and what was said to a dead line is kept for the next one."""
    state = step.before
    if not state.begun or state.lost_at_s is not None:
        return
    answering = state.response is not Response.NONE or state.reply_wanted
    step.state = replace(step.state, lost_at_s=step.now_s, cut_off=answering or state.sound is Sound.PLAYING)
    step.order(do.DropPlayback(), do.HoldSilence(held=True))
    leave_session(step, doubt_s=DEAD_LINE_S)
    _give_up_successor(step)


def _give_up_successor(step: Step) -> None:
    if step.state.successor is not Successor.NONE:
        step.order(do.StopSuccessor())
        step.state = replace(step.state, successor=Successor.NONE)


def _between_sessions(state: State) -> State:
    """What outlives a session; a turn by the talk key goes on, all else of it is void."""
    keeps_turn = state.plan.push_to_talk and state.turn in (Turn.HOLDING, Turn.TAILING)
    return State(
        link=state.link,
        turn=state.turn if keeps_turn else Turn.IDLE,
        plan=state.plan,
        muted=state.muted,
        transcript=state.transcript,
        question=state.question,
        meter=state.meter,
        begun=state.begun,
        tries=state.tries,
        lost_at_s=state.lost_at_s,
        cut_off=state.cut_off,
        comes_again=state.comes_again,
        pressed_s=state.pressed_s,
        released_s=state.released_s,
        committed_s=state.committed_s,
        sound_began_s=state.sound_began_s,
        running=state.running,
        results=state.results,
        serial=state.serial,
    )


def _wind_up(step: Step, trouble: Trouble | None) -> None:
    """The conversation is over: the transcript stays, and what there is to say about the end."""
    before = step.before
    leave_session(step, doubt_s=None)
    _give_up_successor(step)
    notice: Notice | None = before.ending or (notice_of(trouble) if trouble else None)
    if notice is not None and (wait_s := _asked_for_s(trouble)) is not None:
        notice = replace(notice, ready_at_s=step.now_s + wait_s)
    step.state = State(
        plan=before.plan,
        muted=before.muted,
        transcript=step.state.transcript,
        notice=notice or before.notice,
        meter=before.meter,
        serial=step.state.serial,
    )
    step.order(do.CloseSound())
