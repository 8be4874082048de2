"""From server events to the transcript: which event means what for which row."""

from typing import Final

from app.conversation.context import RESTORED_PREFIX
from app.conversation.transcript import Transcript
from app.conversation.view import Speaker
from app.realtime import events as said
from app.realtime.items import (
    InputAudio,
    InputImage,
    InputText,
    Item,
    ItemStatus,
    Message,
    OutputAudio,
    OutputText,
    Role,
)

PICTURE: Final = "[picture]"
"""What stands for one in the transcript."""


def written_down(
    transcript: Transcript, event: said.ServerEvent, now_s: float, *, transcribed: bool = True
) -> Transcript:
    """The transcript after that event. ``transcribed``: the server writes down what the user says."""
    if _is_copy(event):
        return transcript
    match event:
        case said.InputAudioBufferSpeechStarted(item_id=id) if id:
            return transcript.placed(id, Speaker.USER, None, now_s)
        case said.InputAudioBufferCommitted(item_id=id, previous_item_id=before):
            placed = transcript.placed(id, Speaker.USER, before or None, now_s)
            return placed if transcribed else placed.failed(id)
        case said.ConversationItemAdded(item=item, previous_item_id=before) if item.id:
            return _filled(_placed(transcript, item, before, now_s), item, is_final=False)
        case said.ConversationItemDone(item=item, previous_item_id=before) if item.id:
            return _filled(_placed(transcript, item, before, now_s), item, is_final=True)
        case said.ResponseOutputItemAdded(item=item) if item.id:
            return _placed(transcript, item, None, now_s)
        case said.ResponseOutputItemDone(item=item) if item.id:
            return _filled(_placed(transcript, item, None, now_s), item, is_final=True)
        case said.ConversationItemDeleted(item_id=id):
            return transcript.without(id)
        case said.ConversationItemTruncated(item_id=id, audio_end_ms=heard_ms):
            return transcript.cut(id, heard_ms)
        case _:
            return _texts(transcript, event)


def _is_copy(event: said.ServerEvent) -> bool:
    """A new session was told what stands in the transcript already."""
    item = getattr(event, "item", None)
    return item is not None and item.id.startswith(RESTORED_PREFIX)


def _texts(transcript: Transcript, event: said.ServerEvent) -> Transcript:
    match event:
        case said.ConversationItemInputAudioTranscriptionDelta(item_id=id, delta=delta):
            return transcript.streamed(id, delta or "")
        case said.ConversationItemInputAudioTranscriptionCompleted(item_id=id, transcript=text):
            return transcript.settled(id, text.strip()).finished(id)
        case said.ConversationItemInputAudioTranscriptionFailed(item_id=id):
            return transcript.failed(id)
        case said.ResponseOutputAudioTranscriptDelta(item_id=id, delta=delta):
            return transcript.streamed(id, delta)
        case said.ResponseOutputTextDelta(item_id=id, delta=delta):
            return transcript.streamed(id, delta)
        case said.ResponseOutputAudioTranscriptDone(item_id=id, transcript=text, content_index=0):
            return transcript.settled(id, text)
        case said.ResponseOutputTextDone(item_id=id, text=text, content_index=0):
            return transcript.settled(id, text)
        case _:
            return transcript


def _placed(transcript: Transcript, item: Item, before: str | None, now_s: float) -> Transcript:
    """Hidden items (function results, system texts) get a place too: others follow them."""
    match item:
        case Message(role=Role.USER):
            speaker = Speaker.USER
        case Message(role=Role.ASSISTANT):
            speaker = Speaker.ASSISTANT
        case _:
            speaker = Speaker.TOOL
    return transcript.placed(item.id, speaker, before or None, now_s)


def _filled(transcript: Transcript, item: Item, *, is_final: bool) -> Transcript:
    match item:
        case Message(role=Role.USER | Role.ASSISTANT):
            text = _text_of(item)
            if text is None:
                return transcript
            is_final = is_final or item.status in (ItemStatus.COMPLETED, ItemStatus.INCOMPLETE)
            if not is_final:
                return transcript
            return transcript.settled(item.id, text).finished(item.id)
        case _:
            return transcript


def _text_of(message: Message) -> str | None:
    """All the text of a message; None when some of it was spoken and has not been written down (yet)."""
    parts: list[str] = []
    for part in message.content:
        match part:
            case InputText(text) | OutputText(text):
                parts.append(text)
            case InputAudio(transcript) | OutputAudio(transcript):
                if transcript is None:
                    return None
                parts.append(transcript)
            case InputImage():
                parts.append(PICTURE)
            case _:
                pass
    return " ".join(parts).strip() if parts else None
