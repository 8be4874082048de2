"""Rules of the link: what is ordered on the way up, and what stays when it is down."""

from dataclasses import replace
from typing import Final

from app.conversation import commands as do
from app.conversation import happenings as did
from app.conversation.machines import Link
from app.conversation.state import State
from app.conversation.step import Step
from app.conversation.troubles import SessionExpired, SessionRejected, notice_of
from app.realtime import events as said
from app.realtime import requests as ask
from app.realtime.events import ErrorCode

CONFIGURE_LIMIT_S: Final = 5.0
"""Silence is sent until ``session.updated``, but no longer: some servers never confirm (PROTOCOL 4.1)."""


def link_rule(step: Step) -> None:
    """Up, configured, live, and down again."""
    match step.happening:
        case did.ConnectRequested() if step.state.link is Link.CLOSING:
            step.state = replace(step.state, connect_again=True)
        case did.DisconnectRequested() if step.state.link is Link.CLOSING:
            step.state = replace(step.state, connect_again=False)
        case did.StageReached(stage) if step.state.link is Link.OPENING:
            step.state = replace(step.state, stage=stage)
        case did.WokeUp() if step.due(step.state.configured_by_s) and step.state.link is Link.CONFIGURING:
            step.state = replace(step.state, link=Link.LIVE)
        case did.ServerSaid(said.ErrorEvent(error=error)) if (
            is_up(step.state) and error.code == ErrorCode.SESSION_EXPIRED
        ):
            step.state = replace(step.state, link=Link.CLOSING, ending=notice_of(SessionExpired()))
        case did.ServerSaid(said.ErrorEvent(error=error)) if (
            step.state.link is Link.CONFIGURING and error.event_id == step.state.update_event_id
        ):
            step.state = replace(
                step.state, link=Link.LIVE, notice=notice_of(SessionRejected(error.param or error.code or ""))
            )
        case _:
            pass
    match step.entered_link():
        case Link.OPENING:
            _open(step)
        case Link.CONFIGURING:
            _configure(step)
        case Link.LIVE:
            step.state = replace(step.state, configured_by_s=None)
            step.order(do.HoldSilence(held=False))
        case Link.CLOSING:
            step.order(do.StopAttempt())
        case Link.DOWN:
            _wind_up(step)
        case None:
            pass


def is_up(state: State) -> bool:
    """Whether the channel can be written to."""
    return state.link in (Link.CONFIGURING, Link.LIVE)


def _open(step: Step) -> None:
    step.state = replace(step.state, notice=None, ending=None, connect_again=False, playback_told=False)
    step.order(do.StartAttempt(), do.HoldSilence(held=True))


def _configure(step: Step) -> None:
    plan = step.state.plan
    event_id = step.new_event_id()
    step.state = replace(step.state, update_event_id=event_id, configured_by_s=step.now_s + CONFIGURE_LIMIT_S)
    step.order(
        do.SetOpenMicrophone(is_open=not plan.push_to_talk),
        do.Mute(step.state.muted),
        do.AllowPlayback(),
        do.Send(ask.SessionUpdate(session=plan.options, event_id=event_id)),
    )


def _wind_up(step: Step) -> None:
    """The attempt is over: nothing of it stays but the transcript and what there is to say about the end."""
    trouble = step.happening.trouble if isinstance(step.happening, did.LinkEnded) else None
    before = step.before
    notice = before.ending or (notice_of(trouble) if trouble else None)
    step.state = State(
        plan=before.plan,
        muted=before.muted,
        transcript=before.transcript,
        notice=notice or before.notice,
        serial=before.serial,
    )
    step.order(do.DropPlayback())
    if before.connect_again and notice is None:
        step.state = replace(step.state, link=Link.OPENING)
        _open(step)
