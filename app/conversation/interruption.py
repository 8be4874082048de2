"""Barge-in: the assistant falls silent here and at the server, and what was heard is marked."""

from dataclasses import replace

from app.conversation import commands as do
from app.conversation.machines import Response, Sound
from app.conversation.step import Step
from app.realtime import requests as ask


def interrupt(step: Step) -> None:
    """The assistant shall be silent at once, here and at the server (PROTOCOL 4.2)."""
    state = step.state
    if state.response is Response.ACTIVE:
        step.order(do.DropPlayback(), do.Send(ask.ResponseCancel(response_id=state.response_id)))
        step.state = replace(step.state, response=Response.CANCELLING)
    elif state.response in (Response.REQUESTED, Response.AWAITED):
        step.state = replace(step.state, cancel_when_created=True)
    if state.sound is Sound.PLAYING:
        if state.response is not Response.ACTIVE:
            step.order(do.DropPlayback())
        step.order(do.Send(ask.OutputAudioBufferClear()))
        cut_here(step)
    if state.sound is Sound.PLAYING or state.response is Response.ACTIVE:
        step.state = replace(step.state, sound=Sound.DROPPED)
    step.state = replace(step.state, reply_wanted=False)


def cut_here(step: Step) -> None:
    """Mark what has been heard, by the time it has been heard; the server's truncation, if it comes, knows better."""
    state = step.state
    # A line that died in the middle of an answer fell silent long before anybody knew.
    until_s = state.silent_since_s if state.silent_since_s > state.sound_began_s else step.now_s
    heard_ms = (until_s - state.sound_began_s) * 1000
    step.state = replace(state, transcript=state.transcript.cut(state.speaking_item_id, heard_ms))
