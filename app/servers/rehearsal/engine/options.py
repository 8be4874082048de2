"""What a session and a response run with: defaults, checks, and the settings in force."""

import json
from dataclasses import dataclass, fields, replace
from typing import Final, Literal, TypeVar

from app.realtime.choices import Modality, TruncationMode
from app.realtime.events import ErrorCode, SessionCreated
from app.realtime.requests import MalformedRequest, ResponseOptions, SessionUpdate
from app.realtime.session import (
    UNSET,
    AudioFormat,
    EffectiveSession,
    ServerVad,
    SessionOptions,
    Tool,
    ToolChoice,
    ToolMode,
    Unset,
    problems,
)
from app.realtime.wire import decode_request, encode_event
from app.realtime.wire.names import GA_PATHS
from app.servers.rehearsal.engine.refusal import Refusal

__all__ = ["DEFAULTS", "SessionOptions", "Settings", "checked", "said", "session_requested", "session_shown", "updated"]

Value = TypeVar("Value")

VOICES: Final = ("alloy", "ash", "ballad", "coral", "echo", "sage", "shimmer", "verse", "marin", "cedar")
_PCM: Final = AudioFormat("audio/pcm", 24_000)

DEFAULTS: Final = SessionOptions(
    model="gpt-realtime-2.1",
    instructions="",
    output_modalities=(Modality.AUDIO,),
    voice="marin",
    speed=1.0,
    turn_detection=ServerVad(),
    transcription=None,
    noise_reduction=None,
    input_format=_PCM,
    output_format=_PCM,
    tools=(),
    tool_choice=ToolMode.AUTO,
    parallel_tool_calls=True,
    max_output_tokens="inf",
    truncation=TruncationMode.AUTO,
)
"""What holds where the client says nothing (PROTOCOL 3.1)."""


def said(value: Value | Unset, default: Value) -> Value:
    """A value if it was said."""
    return default if isinstance(value, Unset) else value


@dataclass(frozen=True, slots=True)
class Settings:
    """What one response runs with: the session's options where the request says nothing else."""

    modality: Modality
    instructions: str
    voice: str
    speed: float
    tools: tuple[Tool, ...]
    tool_choice: ToolChoice
    max_output_tokens: int | Literal["inf"]

    @classmethod
    def of(cls, session: SessionOptions, wish: ResponseOptions) -> "Settings":
        """The settings of a response in a session whose options are complete."""
        modalities = said(wish.output_modalities, said(session.output_modalities, (Modality.AUDIO,)))
        voice = session.voice if wish.voice is UNSET else wish.voice
        choice = session.tool_choice if wish.tool_choice is UNSET else wish.tool_choice
        return cls(
            modality=modalities[0],
            instructions=said(wish.instructions, said(session.instructions, "")),
            voice=EffectiveSession(options=SessionOptions(voice=voice)).voice,
            speed=said(session.speed, 1.0),
            tools=said(wish.tools, said(session.tools, ())),
            tool_choice=ToolMode.AUTO if choice is UNSET else choice,
            max_output_tokens=said(wish.max_output_tokens, said(session.max_output_tokens, "inf")),
        )


def session_requested(wish: object) -> SessionOptions:
    """The complete options of a session asked for over HTTP; ``wish`` is its JSON or None. Raises Refusal."""
    if wish is None:
        return DEFAULTS
    request = decode_request(json.dumps({"type": "session.update", "session": wish}))
    if isinstance(request, MalformedRequest):
        raise Refusal(request.message, request.code, request.param)
    assert isinstance(request, SessionUpdate)
    return DEFAULTS.updated(checked(request.session))


def session_shown(options: SessionOptions, session_id: str) -> dict[str, object]:
    """The session object of a minted secret."""
    shown = json.loads(encode_event(SessionCreated(EffectiveSession(id=session_id, options=options))))["session"]
    return {"object": "realtime.session", **shown}


def updated(current: SessionOptions, wish: SessionOptions, *, spoke: bool) -> SessionOptions:
    """The options after a ``session.update``; all or nothing. ``spoke``: the voice was heard already."""
    checked(wish)
    if wish.model not in (UNSET, current.model):
        raise Refusal("The model of a session cannot change.", ErrorCode.INVALID_VALUE, "session.model")
    if spoke and wish.voice not in (UNSET, current.voice):
        words = "Cannot update a conversation's voice if assistant audio is present."
        raise Refusal(words, "cannot_update_voice", "session.audio.output.voice")
    return current.updated(wish)


def checked(wish: SessionOptions) -> SessionOptions:
    """The same options; raises a Refusal that names the first whose value is out of bounds."""
    for each in fields(wish):
        value = getattr(wish, each.name)
        if value is UNSET:
            continue
        param = ".".join(("session", *GA_PATHS[SessionOptions].get(each.name, (each.name,))))
        for problem in problems(replace(SessionOptions(), **{each.name: value})):
            raise Refusal(problem, ErrorCode.INVALID_VALUE, param)
        if each.name == "voice" and isinstance(value, str):
            check_voice(value, param)
    return wish


def check_voice(voice: str, param: str) -> None:
    """Raise a Refusal unless the voice exists."""
    if voice not in VOICES:
        raise Refusal(f"Invalid value: the voice must be one of {', '.join(VOICES)}.", ErrorCode.INVALID_VALUE, param)


def check_response(wish: ResponseOptions, current: SessionOptions, *, spoke: bool) -> None:
    """Raise a Refusal for response options that are out of bounds."""
    as_session = SessionOptions(output_modalities=wish.output_modalities, max_output_tokens=wish.max_output_tokens)
    for name in ("output_modalities", "max_output_tokens"):
        for problem in problems(replace(SessionOptions(), **{name: getattr(as_session, name)})):
            raise Refusal(problem, ErrorCode.INVALID_VALUE, f"response.{name}")
    if said(wish.conversation, "auto") not in ("auto", "none"):
        raise Refusal("The conversation is 'auto' or 'none'.", ErrorCode.INVALID_VALUE, "response.conversation")
    if isinstance(wish.voice, str):
        check_voice(wish.voice, "response.audio.output.voice")
    if spoke and wish.voice not in (UNSET, current.voice):
        words = "Cannot update a conversation's voice if assistant audio is present."
        raise Refusal(words, "cannot_update_voice", "response.audio.output.voice")
