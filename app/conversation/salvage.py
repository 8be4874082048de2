"""What goes down with a session, and what is saved of it.

A session that ends, or is left for its successor, takes with it what it heard and did not write down. The sound thread
still has that sound and says it again to the next session, from where the first of those words began. So their rows go:
they come again. All other rows that would wait for words for ever are closed as they stand.
"""

from dataclasses import replace
from typing import Final

from app.conversation import commands as do
from app.conversation.interruption import cut_here
from app.conversation.machines import Response, Sound, Turn
from app.conversation.state import State
from app.conversation.step import Step
from app.conversation.transcript import Entry, Transcript
from app.conversation.view import Speaker

DEAD_LINE_S: Final = 5.0
"""A dead line is noticed within 4 s; what was said to it meanwhile is said again, even if nothing was known of it."""
GOOD_LINE_S: Final = 1.0
"""What may be on its way when a line is left that still works."""
ONSET_S: Final = 0.7
"""How long somebody may have spoken when the server says that speech began, or before the talk key went down."""
SAID_AGAIN_S: Final = 30.0
"""How far back the sound thread can go."""
SHORTEST_HOLD_S: Final = 0.1
"""A shorter press is a slip: the server answers less than 100 ms of sound with an error."""


def leave_session(step: Step, *, doubt_s: float | None) -> None:
    """The session says no more; another one follows, which hears what this one did not write down.

    ``doubt_s``: for how long the line may have been dead before that was noticed; None if nothing follows.
    """
    state = step.state
    lost = _lost_turns(state)
    if state.sound is Sound.PLAYING:
        cut_here(step)
    transcript = step.state.transcript
    for entry in lost:
        # Without another session only what was just being said is nothing yet: the rest was taken, but not written.
        if doubt_s is not None or (state.turn is Turn.SPEAKING and entry is lost[0]):
            transcript = transcript.without(entry.id)
    step.state = replace(step.state, transcript=_closed(transcript, state))
    if doubt_s is not None:
        again_s = step.now_s - _since_s(state, lost, step.now_s - doubt_s)
        step.order(do.Rewind(round(min(again_s, SAID_AGAIN_S) * 1000)))
        comes_again = bool(lost) or _key_turn_is_open(state, lost)
        step.state = replace(step.state, turn=_turn_after(state, lost), comes_again=comes_again)


def _since_s(state: State, lost: list[Entry], doubtful_s: float) -> float:
    """Since when what was said may have been said in vain."""
    known = [max(doubtful_s, state.committed_s, state.sound_began_s)]
    known += [entry.started_s - ONSET_S for entry in lost]
    if _key_turn_is_open(state, lost):
        known.append(state.pressed_s - ONSET_S)
    return min(known)


def _lost_turns(state: State) -> list[Entry]:
    """The user's turns that were begun or taken, but not written down, and came to nothing; the latest first.

    With push-to-talk the key tells where the last turn began, and of earlier ones nothing does.
    """
    answering = state.response is not Response.NONE or state.sound is Sound.PLAYING
    lost: list[Entry] = []
    for entry in (state.transcript.entries[id] for id in reversed(state.transcript.order)):
        if entry.speaker is Speaker.USER:
            if not entry.row.pending or entry.text:
                break
            lost.append(entry)
        elif entry.speaker is Speaker.TOOL or (entry.text and not answering):
            break  # it was acted upon, or answered
    return lost[:1] if state.plan.push_to_talk else lost


def _key_turn_is_open(state: State, lost: list[Entry]) -> bool:
    """Whether a turn by the talk key is under way, or was given to the server without a word from it."""
    if state.turn in (Turn.HOLDING, Turn.TAILING, Turn.SETTLING):
        return True
    unanswered = state.released_s > state.committed_s and state.released_s - state.pressed_s >= SHORTEST_HOLD_S
    return unanswered or (state.plan.push_to_talk and bool(lost))


def _turn_after(state: State, lost: list[Entry]) -> Turn:
    """With push-to-talk what is said again must be committed again; else the next server finds turns by itself."""
    if not state.plan.push_to_talk:
        return Turn.IDLE
    if state.turn is Turn.HOLDING:
        return Turn.HOLDING
    return Turn.TAILING if _key_turn_is_open(state, lost) else Turn.IDLE


def _closed(transcript: Transcript, state: State) -> Transcript:
    """Nothing more is written down: no row waits any longer."""
    unspoken = state.speaking_item_id if state.response is not Response.NONE and state.sound is Sound.QUIET else ""
    for entry in transcript.entries.values():
        if entry.row.finished or entry.speaker is Speaker.TOOL:
            continue
        if entry.speaker is Speaker.USER and not entry.text:
            transcript = transcript.failed(entry.id)
        elif entry.id == unspoken and state.plan.is_spoken:
            transcript = transcript.cut(entry.id, 0.0)
        transcript = transcript.finished(entry.id) if entry.text else transcript
    return transcript
