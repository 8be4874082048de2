"""Rules of the assistant's turn: one response at a time, its errors, and its sound."""

from dataclasses import replace
from typing import Final

from app.conversation import commands as do
from app.conversation import happenings as did
from app.conversation.context import RESTORED_PREFIX
from app.conversation.interruption import cut_here, interrupt
from app.conversation.machines import Link, Response, Sound
from app.conversation.step import Step
from app.conversation.troubles import Notice, QuotaExhausted, ResponseFailed, notice_of
from app.realtime import events as said
from app.realtime import requests as ask
from app.realtime.events import ErrorCode
from app.realtime.items import InputText, Message, OutputAudio, ResponseStatus, Role
from app.realtime.items import Response as ServerResponse

REPLY_LIMIT_S: Final = 15.0
"""How long "thinking" is shown without a word from the server."""


def response_rule(step: Step) -> None:
    """The life of the one response."""
    match step.happening:
        case did.InterruptRequested() if step.state.link is Link.LIVE:
            interrupt(step)
        case did.ServerSaid(said.ResponseCreated(response=response)) if (
            step.state.response is Response.ACTIVE and step.before.response is not Response.ACTIVE
        ):
            _begin_response(step, response.id)
        case did.ServerSaid(said.ResponseDone(response=response)) if (
            step.state.response is Response.NONE and step.before.response is not Response.NONE
        ):
            step.await_until(reply_by_s=None)
            step.state = replace(step.state, response_id="", cancel_when_created=False)
            if response.status is ResponseStatus.FAILED:
                step.state = replace(step.state, notice=notice_of(_failure(response)))
        case did.ServerSaid(said.ErrorEvent()):
            _error_rule(step)
        case did.WokeUp() if step.is_due(step.state.due.reply_by_s):
            step.await_until(reply_by_s=None)
            if step.state.response in (Response.AWAITED, Response.REQUESTED):
                step.state = replace(step.state, response=Response.NONE, cancel_when_created=False)
        case _:
            pass
    if step.state.response is Response.AWAITED and step.before.response is not Response.AWAITED:
        step.await_until(reply_by_s=step.now_s + REPLY_LIMIT_S)


def _failure(response: ServerResponse) -> ResponseFailed | QuotaExhausted:
    error = response.status_details.error if response.status_details else None
    code = (error.code or error.type) if error else ""
    return QuotaExhausted() if code == ErrorCode.QUOTA else ResponseFailed(code or "")


def _begin_response(step: Step, response_id: str) -> None:
    step.await_until(reply_by_s=None)
    step.state = replace(step.state, response_id=response_id, speaking_item_id="")
    if step.state.cancel_when_created:
        step.state = replace(step.state, response=Response.CANCELLING, sound=Sound.DROPPED, cancel_when_created=False)
        step.order(do.Send(ask.ResponseCancel(response_id=response_id)), do.Send(ask.OutputAudioBufferClear()))
    elif step.before.sound is Sound.DROPPED:
        step.order(do.AllowPlayback())


def _error_rule(step: Step) -> None:
    """Most errors leave the session as it is (PROTOCOL 4.10); some are the expected end of a race."""
    assert isinstance(step.happening, did.ServerSaid)
    assert isinstance(step.happening.event, said.ErrorEvent)
    error = step.happening.event.error
    refused = step.state.response is Response.REQUESTED and error.event_id == step.state.request_event_id
    match error.code:
        case ErrorCode.CANCEL_NOT_ACTIVE:
            if step.state.response is Response.CANCELLING:
                step.state = replace(step.state, response=Response.NONE, response_id="")
        case ErrorCode.ACTIVE_RESPONSE:
            if refused:
                step.await_until(reply_by_s=None)
                step.state = replace(step.state, response=Response.ACTIVE, response_id="", reply_wanted=True)
        case ErrorCode.COMMIT_EMPTY:
            step.state = replace(step.state, reply_wanted=False)
        case ErrorCode.SESSION_EXPIRED:
            pass
        case _:
            if refused:
                step.await_until(reply_by_s=None)
                step.state = replace(step.state, response=Response.NONE)
            if step.state.notice is step.before.notice:
                reason = error.message[:200] or error.code or error.type
                step.state = replace(
                    step.state, notice=Notice(f"The server reports: {reason}", "The conversation goes on.")
                )


def voice_rule(step: Step) -> None:
    """A context restored as text pulls models towards answering in text: the first answer is looked at, once."""
    if not step.state.voice_doubted or not isinstance(step.happening, did.ServerSaid):
        return
    event = step.happening.event
    if not isinstance(event, said.ResponseDone) or event.response.status is not ResponseStatus.COMPLETED:
        return
    parts = [part for item in event.response.output if isinstance(item, Message) for part in item.content]
    if not parts:
        return
    step.state = replace(step.state, voice_doubted=False)
    if step.state.plan.is_spoken and not any(isinstance(part, OutputAudio) for part in parts):
        item_id = step.new_id(RESTORED_PREFIX.rstrip("_"))
        reminder = Message(
            Role.SYSTEM, (InputText("Answer by voice, not in writing. Say your last answer again."),), item_id
        )
        step.order(do.Send(ask.ConversationItemCreate(item=reminder)))
        step.state = replace(step.state, reply_wanted=True)


def sound_rule(step: Step) -> None:
    """Who is heard, and barge-in found by the server."""
    if isinstance(step.happening, did.AssistantAudible):
        step.state = replace(step.state, silent_since_s=0.0 if step.happening.audible else step.now_s)
    match step.happening:
        case did.ServerSaid(said.InputAudioBufferSpeechStarted()) if (
            step.state.plan.is_interruptible and step.before.sound is Sound.PLAYING
        ):
            # The server cancels, clears and truncates by itself; what is buffered on this side is ours to drop.
            step.order(do.DropPlayback())
            cut_here(step)
            step.state = replace(step.state, sound=Sound.DROPPED)
        case did.ServerSaid(said.OutputAudioBufferStarted()):
            step.state = replace(step.state, playback_told=True)
        case did.ServerSaid(said.OutputAudioBufferCleared()) if step.before.sound is Sound.PLAYING:
            cut_here(step)
        case did.AssistantAudible(audible) if step.state.link is Link.LIVE and not step.state.playback_told:
            if audible and step.state.sound is Sound.QUIET:
                step.state = replace(step.state, sound=Sound.PLAYING)
            elif not audible and step.state.sound is Sound.PLAYING:
                step.state = replace(step.state, sound=Sound.QUIET)
        case did.ServerSaid(said.ResponseOutputItemAdded(item=item)):
            step.state = replace(step.state, speaking_item_id=item.id)
        case did.ServerSaid(said.InputAudioBufferCommitted()):
            step.state = replace(step.state, committed_s=step.now_s)
        case _:
            pass
    if step.state.sound is Sound.PLAYING and step.before.sound is not Sound.PLAYING:
        step.state = replace(step.state, sound_began_s=step.now_s)


def reply_rule(step: Step) -> None:
    """Ask for the wanted response as soon as none is active. Last, so that it sees what the other rules did."""
    state = step.state
    if state.reply_wanted and not state.running and state.link is Link.LIVE and state.response is Response.NONE:
        event_id = step.new_id()
        step.order(do.Send(ask.ResponseCreate(event_id=event_id)))
        step.state = replace(
            step.state,
            response=Response.REQUESTED,
            request_event_id=event_id,
            reply_wanted=False,
        )
        step.await_until(reply_by_s=step.now_s + REPLY_LIMIT_S)
