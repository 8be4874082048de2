"""The wire under any text: an event or a word about why not, never an exception."""

import base64
import json
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from app.realtime import choices as ch
from app.realtime import events as ev
from app.realtime import items as it
from app.realtime import requests as rq
from app.realtime import session as se
from app.realtime import wire
from app.realtime.wire.names import BETA_NAMES, EVENTS, REQUESTS

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
NAMES = st.sampled_from(
    [
        *(
            "item",
            "item_id",
            "response_id",
            "response",
            "session",
            "error",
            "delta",
            "audio",
            "part",
            "content",
            "output",
        ),
        *(
            "audio_start_ms",
            "content_index",
            "usage",
            "tools",
            "type",
            "role",
            "status",
            "event_id",
            "id",
            "modalities",
        ),
        *("transcript", "turn_detection", "input", "format", "voice", "input_audio_format", "rate_limits", "metadata"),
    ]
)
TYPES = st.sampled_from(
    [*EVENTS, *BETA_NAMES.values(), *REQUESTS, "message", "server_vad", "text", "function", "mcp_call"]
)
HOSTILE = st.recursive(
    JSON | TYPES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=6),
    max_leaves=20,
)


@given(st.text() | st.binary() | JSON.map(json.dumps))
@example("\ud800")
@example('{"type":"error","a":1e999}')
@example('{"type":"error","error":{"message":"\\ud800"}}')
@example("1" * 5000)
@example('{"type":"x","y":' + "[" * 5000 + "]" * 5000 + "}")
def test_any_text_is_answered(text: str | bytes) -> None:
    event = wire.decode(text)
    assert isinstance(event, ev.Event)
    wire.decode_request(text)
    wire.decode_request(text, beta=True)


@given(TYPES, st.dictionaries(NAMES, HOSTILE, max_size=8))
def test_any_fields_of_a_known_event_are_answered(kind: str, fields: dict[str, Any]) -> None:
    text = json.dumps({**fields, "type": kind})
    event = wire.decode(text)
    if not isinstance(event, ev.UnknownEvent | ev.MalformedEvent):
        # Whatever got in can be said again, and is the same event then.
        assert wire.decode(wire.encode_event(event)) == event
        assert wire.decode(wire.encode_event(event, beta=True)) == event
    wire.decode_request(text)
    wire.decode_request(text, beta=True)


WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
IDS = WORDS.filter(bool)
COUNTS = st.integers(0, 2**40)
CONTENT: st.SearchStrategy[it.Content] = st.one_of(
    st.builds(it.InputText, WORDS),
    st.builds(it.InputAudio, st.none() | WORDS, st.none() | st.binary(max_size=9)),
    st.builds(it.OutputText, WORDS),
    st.builds(it.OutputAudio, st.none() | WORDS, st.none() | st.binary(max_size=9)),
)
STATUSES = st.none() | st.sampled_from(it.ItemStatus)
ITEMS: st.SearchStrategy[it.Item] = st.one_of(
    st.builds(it.Message, st.sampled_from(it.Role), st.lists(CONTENT, max_size=3).map(tuple), WORDS, STATUSES),
    st.builds(it.FunctionCall, WORDS, WORDS, WORDS, WORDS, STATUSES),
    st.builds(it.FunctionCallOutput, IDS, WORDS, WORDS, STATUSES),
    st.builds(it.McpCall, WORDS, WORDS, WORDS, WORDS, st.none() | WORDS),
)
RESPONSES = st.builds(
    it.Response,
    IDS,
    st.none() | st.sampled_from(it.ResponseStatus),
    st.none()
    | st.builds(it.StatusDetails, st.sampled_from(it.ResponseStatus), st.none() | st.sampled_from(it.StatusReason)),
    st.lists(ITEMS, max_size=3).map(tuple),
    st.none() | st.builds(it.Usage, COUNTS, COUNTS, COUNTS, st.builds(it.InputTokens, COUNTS, COUNTS, COUNTS, COUNTS)),
    WORDS,
    st.none() | st.dictionaries(WORDS, WORDS, max_size=3),
)
TURNS: st.SearchStrategy[se.TurnDetection | se.Unset | None] = st.one_of(
    st.none(),
    st.just(se.UNSET),
    st.builds(se.ServerVad, st.floats(0, 1), COUNTS, COUNTS, st.booleans(), st.booleans(), st.none() | COUNTS),
    st.builds(se.SemanticVad, WORDS, st.booleans(), st.booleans()),
)
OPTIONS = st.builds(
    se.SessionOptions,
    model=WORDS,
    voice=WORDS | st.builds(se.CustomVoice, IDS),
    turn_detection=TURNS,
    output_modalities=st.just(se.UNSET) | st.sampled_from(ch.Modality).map(lambda each: (each,)),
    max_output_tokens=st.just(se.UNSET) | st.just("inf") | COUNTS,
    tools=st.lists(st.builds(se.FunctionTool, WORDS, st.none() | WORDS), max_size=2).map(tuple),
    tool_choice=st.sampled_from(se.ToolMode) | st.builds(se.NamedTool, WORDS),
    truncation=st.sampled_from(ch.TruncationMode) | st.builds(ch.RetentionRatio, st.floats(0, 1)),
)
KNOWN: st.SearchStrategy[ev.KnownEvent] = st.one_of(
    st.builds(ev.ErrorEvent, st.builds(ev.ErrorDetail, WORDS, st.none() | WORDS, WORDS, st.none() | WORDS, WORDS)),
    st.builds(ev.SessionUpdated, st.builds(se.EffectiveSession, WORDS, st.none() | COUNTS, OPTIONS), event_id=WORDS),
    st.builds(ev.ConversationItemAdded, ITEMS, st.none() | IDS),
    st.builds(ev.ResponseDone, RESPONSES),
    st.builds(ev.ResponseContentPartAdded, IDS, IDS, COUNTS, COUNTS, st.none() | CONTENT),
    st.builds(ev.ResponseOutputAudioDelta, IDS, IDS, COUNTS, COUNTS, st.binary(max_size=20)),
    st.builds(
        ev.RateLimitsUpdated, st.lists(st.builds(it.RateLimit, WORDS, COUNTS, COUNTS, st.floats(0, 9))).map(tuple)
    ),
)


@given(KNOWN, st.booleans())
def test_what_is_written_is_read_the_same(event: ev.KnownEvent, beta: bool) -> None:
    assert wire.decode(wire.encode_event(event, beta=beta)) == event


@given(OPTIONS, st.booleans())
def test_options_survive_the_way_to_the_server(options: se.SessionOptions, beta: bool) -> None:
    request = rq.SessionUpdate(options)
    assert wire.decode_request(wire.encode(request, beta=beta), beta=beta) == request


@given(st.binary(max_size=2000))
def test_sound_survives(audio: bytes) -> None:
    text = wire.encode(rq.InputAudioBufferAppend(audio))
    assert base64.b64decode(json.loads(text)["audio"]) == audio
    assert wire.decode_request(text) == rq.InputAudioBufferAppend(audio)
