"""Make before break: the conversation moves to a new session while the present one still talks.

Begun a while before the server's limit, or when the network changed. The successor is configured in silence; in a
quiet moment it is told what has been said, and from the next block of sound on the conversation is there. What the
session before did not write down is said to it once more.
"""

from dataclasses import replace
from typing import Final

from app.conversation import commands as do
from app.conversation import happenings as did
from app.conversation.linking import CONFIGURE_LIMIT_S, restore_context, session_updates
from app.conversation.machines import SUCCESSOR, Link, Response, Successor, Turn, kind_of, moved
from app.conversation.salvage import DEAD_LINE_S, GOOD_LINE_S, leave_session
from app.conversation.step import Step
from app.conversation.turns import LATE_GRACE_S

SESSION_LIMIT_S: Final = 3600.0
"""What a session lasts where the server does not say (PROTOCOL 4.8)."""
LONGEST_LEAD_S: Final = 300.0
"""At 55 minutes of 60; of shorter limits a fifth."""
QUIET_S: Final = 1.0
URGENT_S: Final = 3.0
"""After a change of network the old line is likely dead: a quiet moment is waited for, but not long."""
RETRY_S: Final = 20.0


def handover_rule(step: Step) -> None:
    """The life of a successor."""
    match step.happening:
        case did.ToSuccessor(did.SessionLimitTold(at_s)):
            step.state = replace(step.state, successor_limit_s=at_s)
        case did.ToSuccessor(happening):
            phase = moved(SUCCESSOR, step.state.successor, kind_of(happening))
            step.state = replace(step.state, successor=phase)
        case did.SessionLimitTold(at_s) if step.state.link is not Link.DOWN:
            _plan_rollover(step, at_s)
        case did.NetworkChanged() if step.state.link is Link.LIVE and step.state.successor is Successor.NONE:
            _begin(step)
            step.state = replace(step.state, line_doubted=True)
            step.await_until(adopt_by_s=step.now_s + URGENT_S)
        case did.WokeUp() if step.is_due(step.state.due.rollover_at_s):
            step.await_until(rollover_at_s=None)
            if step.state.link is Link.LIVE and step.state.successor is Successor.NONE:
                _begin(step)
        case _:
            pass
    if step.entered_link() is Link.LIVE and step.state.due.rollover_at_s is None:
        _plan_rollover(step, step.now_s + SESSION_LIMIT_S)
    if isinstance(step.happening, did.WokeUp) and step.is_due(step.state.due.adopt_by_s):
        step.state = replace(step.state, hurry=True)
    if isinstance(step.happening, did.WokeUp) and step.is_due(step.state.due.ready_by_s):
        step.state = replace(step.state, successor=Successor.READY)
    _follow(step)
    _adopt_if_quiet(step)


def _plan_rollover(step: Step, limit_s: float) -> None:
    lead_s = min(LONGEST_LEAD_S, max(0.0, limit_s - step.now_s) / 5)
    step.await_until(rollover_at_s=limit_s - lead_s, adopt_by_s=limit_s - lead_s / 5)


def _begin(step: Step) -> None:
    step.state = replace(step.state, successor=Successor.OPENING, successor_limit_s=None)
    step.order(do.StartSuccessor())


def _follow(step: Step) -> None:
    match step.entered_successor():
        case Successor.CONFIGURING:
            session_updates(step, to_successor=True)
            step.await_until(ready_by_s=step.now_s + CONFIGURE_LIMIT_S)
        case Successor.READY:
            step.await_until(ready_by_s=None)
        case Successor.NONE if step.state.link is Link.LIVE:
            step.await_until(rollover_at_s=step.now_s + RETRY_S, ready_by_s=None, adopt_at_s=None)
        case _:
            pass


def _adopt_if_quiet(step: Step) -> None:
    state = step.state
    if state.successor is not Successor.READY or state.link is not Link.LIVE:
        if state.due.adopt_at_s is not None:
            step.await_until(adopt_at_s=None)
        return
    if not state.is_quiet:
        step.await_until(adopt_at_s=None)
    elif state.due.adopt_at_s is None:
        step.await_until(adopt_at_s=step.now_s + QUIET_S)
    if step.state.hurry or step.is_due(step.state.due.adopt_at_s):
        _adopt(step)


def _adopt(step: Step) -> None:
    owing = step.state.response is not Response.NONE or step.state.reply_wanted
    step.order(do.AdoptSuccessor())
    leave_session(step, doubt_s=DEAD_LINE_S if step.state.line_doubted else GOOD_LINE_S)
    owing = owing and not step.state.comes_again
    restore_context(step, interrupted=owing)
    step.order(do.AllowPlayback())
    step.await_until(adopt_at_s=None, adopt_by_s=None, reply_by_s=None)
    if step.state.turn is Turn.TAILING:
        step.await_until(tail_by_s=step.now_s + step.state.released_s - step.state.pressed_s + LATE_GRACE_S)
    limit_s = step.state.successor_limit_s or step.now_s + SESSION_LIMIT_S
    step.state = replace(
        step.state,
        successor=Successor.NONE,
        successor_limit_s=None,
        hurry=False,
        line_doubted=False,
        comes_again=False,
        response=Response.NONE,
        response_id="",
        reply_wanted=owing,
        cancel_when_created=False,
        playback_told=False,
        called=frozenset(),
    )
    _plan_rollover(step, limit_s)
