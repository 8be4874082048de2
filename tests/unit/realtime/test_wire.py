"""The wire against the generated schema of OpenAI's own client, and against what sloppy servers send."""

import json
from collections.abc import Iterator
from typing import Any, Literal, get_args, get_origin

import pydantic
import pytest
from openai.types.realtime import RealtimeClientEvent, RealtimeResponse, RealtimeServerEvent
from pydantic import TypeAdapter

from app.realtime import choices as ch
from app.realtime import events as ev
from app.realtime import items as it
from app.realtime import requests as rq
from app.realtime import session as se
from app.realtime import wire

SERVER_MODELS = get_args(get_args(RealtimeServerEvent)[0])
CLIENT_MODELS = get_args(get_args(RealtimeClientEvent)[0])


def type_of(model: type[pydantic.BaseModel]) -> str:
    return str(get_args(model.model_fields["type"].annotation)[0])


def sample(hint: Any, *, full: bool) -> Any:
    """A JSON value the schema takes for a hint: the smallest, or one with every field it knows."""
    origin = get_origin(hint)
    if origin is Literal:
        return get_args(hint)[0]
    if origin is list:
        return [sample(get_args(hint)[0], full=full)]
    if origin is dict or hint is object:
        return {}
    if origin is not None and get_args(hint):
        return sample(get_args(hint)[0], full=full)
    if isinstance(hint, type) and issubclass(hint, pydantic.BaseModel):
        # The id of a response and the kinds of things are optional in the schema, yet never left out.
        return {
            name: sample(field.annotation, full=full)
            for name, field in hint.model_fields.items()
            if full or field.is_required() or name in ("type", "name") or (hint is RealtimeResponse and name == "id")
        }
    return {str: "some", int: 7, float: 0.5, bool: True}[hint]


def strangers(data: Any, model: Any, at: str = "") -> Iterator[str]:
    """The keys in ``data`` that the validated ``model`` does not declare."""
    if isinstance(data, dict) and isinstance(model, pydantic.BaseModel):
        declared = type(model).model_fields
        for key, value in data.items():
            if key not in declared:
                yield f"{at}.{key}"
            else:
                yield from strangers(value, getattr(model, key), f"{at}.{key}")
    elif isinstance(data, list):
        for index, (value, part) in enumerate(zip(data, model, strict=True)):
            yield from strangers(value, part, f"{at}[{index}]")


def validate(text: str, union: Any) -> None:
    """Raises unless the official schema takes the text and knows every key of it."""
    data = json.loads(text)
    model = next(each for each in get_args(get_args(union)[0]) if type_of(each) == data["type"])
    validated = TypeAdapter(model).validate_python(data)
    assert list(strangers(data, validated)) == []


NOT_READ = (
    "logprobs",
    "languages",
    "obfuscation",
    "part.transcript",
    "audio",
    "max_output_tokens",
    "output_modalities",
)
"""What nobody here has a use for, the transcript of a text, and a response's own copy of its options."""


@pytest.mark.parametrize("model", SERVER_MODELS, ids=type_of)
def test_every_server_event_of_the_schema_is_known(model: type[pydantic.BaseModel]) -> None:
    event, notes = wire.decode_noting(json.dumps(sample(model, full=False)))
    assert not isinstance(event, ev.UnknownEvent | ev.MalformedEvent)
    assert notes == ()


@pytest.mark.parametrize("model", SERVER_MODELS, ids=type_of)
def test_every_field_of_the_schema_has_a_place(model: type[pydantic.BaseModel]) -> None:
    event, notes = wire.decode_noting(json.dumps(sample(model, full=True)))
    assert not isinstance(event, ev.UnknownEvent | ev.MalformedEvent)
    assert [note for note in notes if not note.endswith(NOT_READ)] == []


@pytest.mark.parametrize("full", [False, True], ids=["smallest", "full"])
@pytest.mark.parametrize("model", SERVER_MODELS, ids=type_of)
def test_every_server_event_is_written_as_the_schema_wants_it(model: type[pydantic.BaseModel], full: bool) -> None:
    event = wire.decode(json.dumps(sample(model, full=full)))
    assert not isinstance(event, ev.UnknownEvent | ev.MalformedEvent)
    text = wire.encode_event(event)
    validate(text, RealtimeServerEvent)
    assert wire.decode(text) == event


def test_the_schema_has_no_request_that_is_not_known() -> None:
    types = {type_of(model) for model in CLIENT_MODELS}
    assert {json.loads(wire.encode(request))["type"] for request in REQUESTS} == types


FULL_OPTIONS = se.SessionOptions(
    model="gpt-realtime-2.1",
    instructions="Be brief.",
    output_modalities=(ch.Modality.AUDIO,),
    voice="marin",
    speed=1.0,
    turn_detection=se.ServerVad(idle_timeout_ms=6000),
    transcription=se.Transcription("gpt-transcribe", "de"),
    noise_reduction=se.NoiseReduction("near_field"),
    input_format=se.AudioFormat(rate=24000),
    output_format=se.AudioFormat("audio/pcmu"),
    tools=(se.FunctionTool("clock", "Tells the time.", {"type": "object", "properties": {}}),),
    tool_choice=se.NamedTool("clock"),
    parallel_tool_calls=True,
    reasoning_effort="low",
    max_output_tokens="inf",
    truncation=ch.RetentionRatio(0.8, ch.TokenLimits(1000)),
)
MANUAL = se.SessionOptions(
    turn_detection=None,
    transcription=None,
    noise_reduction=None,
    tools=(),
    tool_choice=se.ToolMode.AUTO,
    max_output_tokens=100,
    truncation=ch.TruncationMode.AUTO,
    voice=se.CustomVoice("voice_1"),
)
ITEMS: tuple[it.Item, ...] = (
    it.Message(it.Role.SYSTEM, (it.InputText("Resumed."),)),
    it.Message(it.Role.USER, (it.InputText("Hello"), it.InputImage("data:image/png;base64,AA==", "low")), "item_1"),
    it.Message(it.Role.USER, (it.InputAudio("Hello", b"\0\1"),), status=it.ItemStatus.COMPLETED),
    it.Message(it.Role.ASSISTANT, (it.OutputText("Hello"), it.OutputAudio("Hello"))),
    it.FunctionCall("clock", "call_1", "{}"),
    it.FunctionCallOutput("call_1", '"noon"'),
    it.McpApprovalResponse("mcpr_1", approve=False, reason="No.", id="item_2"),
    it.McpCall("search", "docs", "{}", "item_3", error=it.McpError("http_error", "gone", 404)),
    it.McpApprovalRequest("search", "docs", "{}", "item_4"),
    it.McpListTools("docs", (it.McpTool("search", "Searches.", {"type": "object"}),), "item_5"),
)
REQUESTS: tuple[rq.ClientRequest, ...] = (
    rq.SessionUpdate(FULL_OPTIONS, event_id="evt_1"),
    rq.SessionUpdate(MANUAL),
    rq.SessionUpdate(se.SessionOptions()),
    rq.SessionUpdate(se.SessionOptions(turn_detection=se.SemanticVad("low"))),
    rq.InputAudioBufferAppend(bytes(range(256))),
    rq.InputAudioBufferCommit(),
    rq.InputAudioBufferClear(),
    *(rq.ConversationItemCreate(item) for item in ITEMS),
    rq.ConversationItemCreate(ITEMS[0], "root"),
    rq.ConversationItemRetrieve("item_1"),
    rq.ConversationItemTruncate("item_1", 0, 1500),
    rq.ConversationItemDelete("item_1"),
    rq.ResponseCreate(),
    rq.ResponseCreate(
        rq.ResponseOptions(
            output_modalities=(ch.Modality.TEXT,),
            instructions="Sum up.",
            voice="cedar",
            conversation="none",
            input=(it.Message(it.Role.USER, (it.InputText("Hi"),)),),
            max_output_tokens=5,
            metadata={"topic": "summary"},
            tool_choice=se.ToolMode.NONE,
            reasoning_effort="high",
        )
    ),
    rq.ResponseCancel(),
    rq.ResponseCancel("resp_1"),
    rq.OutputAudioBufferClear(),
)


@pytest.mark.parametrize("request_", REQUESTS, ids=lambda each: type(each).__name__)
def test_every_request_is_written_as_the_schema_wants_it(request_: rq.ClientRequest) -> None:
    validate(wire.encode(request_), RealtimeClientEvent)


@pytest.mark.parametrize("beta", [False, True], ids=["ga", "beta"])
@pytest.mark.parametrize("request_", REQUESTS, ids=lambda each: type(each).__name__)
def test_a_server_reads_back_what_a_client_wrote(request_: rq.ClientRequest, beta: bool) -> None:
    if beta and request_ == REQUESTS[0]:
        request_ = rq.SessionUpdate(
            FULL_OPTIONS.updated(se.SessionOptions(input_format=se.AudioFormat())), event_id="evt_1"
        )  # the beta spelling of PCM has no rate
    assert wire.decode_request(wire.encode(request_, beta=beta), beta=beta) == request_


def test_absent_and_null_are_told_apart() -> None:
    assert json.loads(wire.encode(rq.SessionUpdate(se.SessionOptions(turn_detection=None)))) == {
        "type": "session.update",
        "session": {"type": "realtime", "audio": {"input": {"turn_detection": None}}},
    }
    assert json.loads(wire.encode(rq.SessionUpdate(se.SessionOptions(instructions="")))) == {
        "type": "session.update",
        "session": {"type": "realtime", "instructions": ""},
    }


def test_the_beta_session_is_flat() -> None:
    options = se.SessionOptions(
        output_modalities=(ch.Modality.AUDIO,),
        voice="alloy",
        turn_detection=None,
        transcription=se.Transcription("whisper-1"),
        noise_reduction=se.NoiseReduction("far_field"),
        input_format=se.AudioFormat(),
        max_output_tokens="inf",
    )
    assert json.loads(wire.encode(rq.SessionUpdate(options), beta=True))["session"] == {
        "modalities": ["audio", "text"],
        "voice": "alloy",
        "turn_detection": None,
        "input_audio_transcription": {"model": "whisper-1"},
        "input_audio_noise_reduction": {"type": "far_field"},
        "input_audio_format": "pcm16",
        "max_response_output_tokens": "inf",
    }


@pytest.mark.parametrize(
    ("beta", "event"),
    [
        ("response.audio_transcript.delta", ev.ResponseOutputAudioTranscriptDelta("r", "i", 0, 0, "Hi")),
        ("response.text.delta", ev.ResponseOutputTextDelta("r", "i", 0, 0, "Hi")),
        ("response.audio.delta", ev.ResponseOutputAudioDelta("r", "i", 0, 0, b"Hi")),
        ("response.audio.done", ev.ResponseOutputAudioDone("r", "i", 0, 0)),
        (
            "conversation.item.created",
            ev.ConversationItemAdded(it.Message(it.Role.ASSISTANT, (it.OutputText("Hi"), it.OutputAudio("Ho")), "i")),
        ),
        ("response.done", ev.ResponseDone(it.Response("r", it.ResponseStatus.COMPLETED, output=(ITEMS[3],)))),
        ("session.updated", ev.SessionUpdated(se.EffectiveSession("sess_1", options=MANUAL))),
    ],
)
def test_beta_spellings_of_events_mean_the_same(beta: str, event: ev.KnownEvent) -> None:
    text = wire.encode_event(event, beta=True)
    assert json.loads(text)["type"] == beta
    assert "output_text" not in text
    assert wire.decode(text) == event


def test_a_content_part_is_called_as_the_schema_calls_it() -> None:
    event = ev.ResponseContentPartDone("r", "i", 0, 0, it.OutputAudio("Hi"))
    text = wire.encode_event(event)
    assert json.loads(text)["part"] == {"type": "audio", "transcript": "Hi"}
    assert wire.decode(text) == event


def test_the_session_echo_is_read_in_full() -> None:
    raw = {
        "id": "sess_1",
        "object": "realtime.session",
        "type": "realtime",
        "model": "gpt-realtime-2.1",
        "expires_at": 1795210000,
        "output_modalities": ["audio"],
        "audio": {
            "input": {
                "turn_detection": {"type": "server_vad", "threshold": 0.5, "silence_duration_ms": 200},
                "transcription": None,
            },
            "output": {"voice": "marin", "speed": 1},
        },
        "tracing": None,
        "novelty": True,
    }
    event, notes = wire.decode_noting(json.dumps({"type": "session.created", "session": raw}))
    assert isinstance(event, ev.SessionCreated)
    told = event.session
    assert (told.id, told.model, told.voice, told.expires_at) == ("sess_1", "gpt-realtime-2.1", "marin", 1795210000)
    assert told.output_modalities == (ch.Modality.AUDIO,)
    assert told.turn_detection == se.ServerVad(silence_duration_ms=200)
    assert told.options.transcription is None
    assert told.options.noise_reduction is se.UNSET
    assert told.raw == raw
    assert notes == ("session.novelty",)


def test_a_beta_session_echo_is_read_too() -> None:
    raw = {"modalities": ["text", "audio"], "voice": "alloy", "turn_detection": None, "input_audio_format": "pcm16"}
    event = wire.decode(json.dumps({"type": "session.created", "session": raw}))
    assert isinstance(event, ev.SessionCreated)
    assert event.session.output_modalities == (ch.Modality.AUDIO,)
    assert event.session.voice == "alloy"
    assert event.session.turn_detection is None
    assert event.session.options.input_format == se.AudioFormat("audio/pcm")


def test_a_sloppy_server_is_understood() -> None:
    event, notes = wire.decode_noting(
        '{"type":"response.done","response":{"id":"r","status":"exploded","usage":7,"output":[3,{"type":"message",'
        '"role":"assistant","content":[{"type":"hologram","w":1}]},{"type":"dream","id":"d","depth":2}]}}'
    )
    assert event == ev.ResponseDone(
        it.Response(
            "r",
            output=(
                it.Message(it.Role.ASSISTANT, (it.OtherContent("hologram", {"w": 1}),)),
                it.OtherItem("dream", "d", {"depth": 2}),
            ),
        )
    )
    assert notes == ("response.status", "response.output[0]", "response.usage")
    fractional = '{"type":"input_audio_buffer.speech_started","audio_start_ms":12.7,"item_id":null}'
    assert wire.decode(fractional) == ev.InputAudioBufferSpeechStarted(12, "")


def test_a_number_beyond_all_bounds_is_passed_over() -> None:
    text = '{"type":"rate_limits.updated","rate_limits":[{"name":"tokens","reset_seconds":1e999,"limit":1e999}]}'
    event, notes = wire.decode_noting(text)
    assert event == ev.RateLimitsUpdated((it.RateLimit("tokens"),))
    assert notes == ("rate_limits[0].limit", "rate_limits[0].reset_seconds")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "the message: it is not JSON"),
        (b"\xff", "the message: it is not JSON"),
        ("[" * 100_000, "the message: it is not JSON"),
        ('{"type":"error","x":NaN}', "the message: it is not JSON"),
        ("[]", "the message: an object is expected"),
        ('{"type":5}', "type: it is missing"),
        ('{"type":"conversation.item.deleted"}', "item_id: it is missing"),
        ('{"type":"conversation.item.deleted","item_id":["secret"]}', "item_id: it has the wrong type"),
        ('{"type":"response.done","response":{"status":"completed"}}', "response.id: it is missing"),
        ('{"type":"response.created","response":[]}', "response: an object is expected"),
    ],
)
def test_what_is_no_event_is_malformed(text: str | bytes, reason: str) -> None:
    event = wire.decode(text)
    assert isinstance(event, ev.MalformedEvent)
    assert event.reason == reason


def test_an_unknown_event_is_kept() -> None:
    event = wire.decode('{"type":"response.sung","event_id":"e","song":["la"]}')
    assert event == ev.UnknownEvent("response.sung", {"song": ["la"]}, event_id="e")
    assert isinstance(event, ev.UnknownEvent)
    assert wire.decode(wire.encode_event(event)) == event


def test_half_a_surrogate_pair_does_not_get_in() -> None:
    lone = '{"type":"response.output_text.delta","response_id":"r","item_id":"i","delta":"a\\ud83d"}'
    whole = '{"type":"response.output_text.delta","response_id":"r","item_id":"i","delta":"\\ud83d\\ude00"}'
    assert wire.decode(lone) == ev.ResponseOutputTextDelta("r", "i", 0, 0, "a?")
    assert wire.decode(whole) == ev.ResponseOutputTextDelta("r", "i", 0, 0, "😀")


@pytest.mark.parametrize(
    ("body", "code", "param"),
    [
        ({"type": "session.update", "session": {}}, "missing_required_parameter", "session.type"),
        ({"type": "session.update"}, "missing_required_parameter", "session"),
        ({"type": "session.update", "session": {"type": "transcription"}}, "invalid_value", "session.type"),
        (
            {"type": "session.update", "session": {"type": "realtime", "voice": "alloy"}},
            "unknown_parameter",
            "session.voice",
        ),
        (
            {"type": "session.update", "session": {"type": "realtime", "audio": {"input": {"gain": 1}}}},
            "unknown_parameter",
            "session.audio.input.gain",
        ),
        (
            {"type": "session.update", "session": {"type": "realtime", "audio": {"output": {"speed": "fast"}}}},
            "invalid_type",
            "session.audio.output.speed",
        ),
        (
            {"type": "session.update", "session": {"type": "realtime", "output_modalities": ["smell"]}},
            "invalid_value",
            "session.output_modalities[0]",
        ),
        (
            {"type": "session.update", "session": {"type": "realtime", "max_output_tokens": "many"}},
            "invalid_value",
            "session.max_output_tokens",
        ),
        ({"type": "input_audio_buffer.append", "audio": "?"}, "invalid_value", "audio"),
        (
            {"type": "conversation.item.create", "item": {"type": "message", "role": "dog"}},
            "invalid_value",
            "item.role",
        ),
        ({"type": "response.cancel", "response": "r"}, "unknown_parameter", "response"),
    ],
)
def test_a_bad_request_is_told_apart_precisely(body: dict[str, Any], code: str, param: str) -> None:
    found = wire.decode_request(json.dumps({"event_id": "e", **body}))
    assert isinstance(found, rq.MalformedRequest)
    assert (found.code, found.param, found.event_id) == (code, param, "e")


def test_an_unknown_request_is_kept() -> None:
    found = wire.decode_request('{"type":"session.sing","event_id":"e","song":1}')
    assert found == rq.UnknownRequest("session.sing", {"song": 1}, event_id="e")
    assert wire.decode_request("nonsense") == rq.MalformedRequest("invalid_json", "the message: it is not JSON")


def test_a_tool_of_another_kind_survives_without_being_printed() -> None:
    tool = se.OtherTool("mcp", {"server_label": "docs", "authorization": "hush"})
    request = rq.SessionUpdate(se.SessionOptions(tools=(tool,)))
    assert wire.decode_request(wire.encode(request)) == request
    assert "hush" not in repr(request)
