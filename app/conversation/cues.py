"""When a cue is heard: what happens while one looks elsewhere, and is worth a sound."""

from typing import Final

from app.conversation import commands as do
from app.conversation.machines import Link, Turn
from app.conversation.state import State
from app.conversation.step import Step

_ON_AIR: Final = (Turn.HOLDING, Turn.TAILING)


def cue_rule(step: Step) -> None:
    """Lost and connected; the talk key's beginning, and its end once the tail has been sent, so that no tail has it."""
    if step.state.lost_at_s is not None and step.before.lost_at_s is None:
        step.order(do.PlayCue(do.Cue.LOST))
    elif step.entered_link() is Link.LIVE:
        step.order(do.PlayCue(do.Cue.CONNECTED))
    elif step.state.link is not Link.DOWN and _is_on_air(step.state) != _is_on_air(step.before):
        step.order(do.PlayCue(do.Cue.ON_AIR if _is_on_air(step.state) else do.Cue.OFF_AIR))


def _is_on_air(state: State) -> bool:
    """By the talk key, and not into a muted microphone."""
    return state.turn in _ON_AIR and not state.muted
