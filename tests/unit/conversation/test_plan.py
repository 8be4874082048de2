from dataclasses import replace

import pytest

from app.conversation.plan import DEFAULT_INSTRUCTIONS, Plan, in_parts, plan_of
from app.conversation.prices import Price
from app.conversation.profiles import BROKER, OWN_KEY, Dialect
from app.conversation.settings import Effort, NoiseFilter, Settings, TurnMode, TurnSettings
from app.realtime.choices import Modality, RetentionRatio, TruncationMode
from app.realtime.requests import SessionUpdate
from app.realtime.session import (
    UNSET,
    FunctionTool,
    NoiseReduction,
    SemanticVad,
    ServerVad,
    SessionOptions,
    Transcription,
    problems,
)
from app.realtime.wire import encode

EVERYTHING = Settings(
    instructions="Be brief.",
    transcription_language="de",
    turn=TurnSettings(TurnMode.SERVER_VAD, 0.7, 200, 900, interrupt_response=False, idle_timeout_ms=6000),
    noise_reduction=NoiseFilter.FAR_FIELD,
    speed=1.25,
    max_output_tokens=500,
    truncation=RetentionRatio(0.8),
    reasoning_effort=Effort.LOW,
)


def test_nothing_usual_is_said() -> None:
    base, voice, transcription = plan_of(Settings(), OWN_KEY).updates
    assert base == SessionOptions(
        instructions=DEFAULT_INSTRUCTIONS, output_modalities=(Modality.AUDIO,), turn_detection=ServerVad()
    )
    assert voice == SessionOptions(voice="marin")
    assert transcription == SessionOptions(transcription=Transcription("gpt-transcribe"))


def test_what_only_some_servers_take_goes_alone_and_after_the_rest() -> None:
    plan = plan_of(EVERYTHING, OWN_KEY)
    base, *others = plan.updates
    assert base.turn_detection == ServerVad(0.7, 200, 900, interrupt_response=False, idle_timeout_ms=6000)
    assert base.instructions == "Be brief."
    assert (base.voice, base.speed, base.reasoning_effort) == (UNSET, UNSET, UNSET)
    assert others == [
        SessionOptions(voice="marin"),
        SessionOptions(speed=1.25),
        SessionOptions(transcription=Transcription("gpt-transcribe", "de")),
        SessionOptions(noise_reduction=NoiseReduction("far_field")),
        SessionOptions(reasoning_effort="low"),
        SessionOptions(max_output_tokens=500),
        SessionOptions(truncation=RetentionRatio(0.8)),
    ]
    assert not plan.is_interruptible


def test_parts_make_up_the_whole() -> None:
    options = replace(plan_of(EVERYTHING, OWN_KEY).options, tools=(FunctionTool("clock"),), parallel_tool_calls=False)
    whole = SessionOptions()
    for part in in_parts(options):
        whole = whole.updated(part)
    assert whole == options
    assert SessionOptions(tools=(FunctionTool("clock"),), parallel_tool_calls=False) in in_parts(options)
    assert in_parts(SessionOptions()) == ()


@pytest.mark.parametrize(
    ("turn", "detection"),
    [
        (TurnSettings(TurnMode.SEMANTIC_VAD, eagerness="high"), SemanticVad("high")),
        (
            TurnSettings(TurnMode.SEMANTIC_VAD, interrupt_response=False, idle_timeout_ms=6000),
            SemanticVad(interrupt_response=False),
        ),
        (TurnSettings(TurnMode.PUSH_TO_TALK), None),
    ],
)
def test_ways_to_find_turns(turn: TurnSettings, detection: SemanticVad | None) -> None:
    plan = plan_of(Settings(turn=turn), OWN_KEY)
    assert plan.options.turn_detection == detection
    assert plan.push_to_talk == (detection is None)
    assert plan.planned_turns == SessionOptions(turn_detection=detection)
    assert plan.manual_turns == SessionOptions(turn_detection=None)


def test_a_broker_keeps_its_own_instructions_and_voice() -> None:
    options = plan_of(Settings(), replace(BROKER, voice="")).options
    assert (options.instructions, options.voice) == (UNSET, UNSET)
    assert plan_of(Settings(instructions="Sing."), BROKER).options.instructions == "Sing."


def test_a_server_with_its_own_transcription_is_asked_for_no_model() -> None:
    local = replace(OWN_KEY, own_transcription=True)
    assert plan_of(Settings(), local).options.transcription is UNSET
    german = plan_of(Settings(transcription_language="de"), local).options.transcription
    assert german == Transcription(language="de")
    assert plan_of(Settings(transcription_model=""), OWN_KEY).options.transcription is None


def test_written_answers_need_no_voice() -> None:
    options = plan_of(Settings(output_modality=Modality.TEXT), OWN_KEY).options
    assert (options.output_modalities, options.voice) == ((Modality.TEXT,), UNSET)


def test_beta_has_fewer_words() -> None:
    options = plan_of(EVERYTHING, replace(OWN_KEY, dialect=Dialect.BETA)).options
    assert (options.truncation, options.reasoning_effort) == (UNSET, UNSET)
    assert options.turn_detection == ServerVad(0.7, 200, 900, interrupt_response=False)
    assert (options.speed, options.max_output_tokens) == (1.25, 500)
    assert "truncation" not in encode(SessionUpdate(session=options), beta=True)


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        (Settings(speed=9.0), "speed"),
        (Settings(max_output_tokens=5000), "max_output_tokens"),
        (Settings(truncation=RetentionRatio(1.5)), "truncation"),
    ],
)
def test_what_no_server_takes_is_left_out_and_told(settings: Settings, field: str) -> None:
    plan = plan_of(settings, OWN_KEY)
    assert getattr(plan.options, field) is UNSET
    assert len(plan.problems) == 1
    assert plan.problems[0].endswith(".")
    assert replace(plan, problems=()) == plan_of(Settings(), OWN_KEY)


def test_turns_are_found_in_the_usual_way_when_theirs_is_impossible() -> None:
    plan = plan_of(Settings(turn=TurnSettings(threshold=7, idle_timeout_ms=1, interrupt_response=False)), OWN_KEY)
    assert plan.options.turn_detection == ServerVad(interrupt_response=False)
    assert len(plan.problems) == 2
    assert problems(plan.options) == ()


def test_a_change_says_only_what_differs() -> None:
    before, after = plan_of(Settings(), OWN_KEY), plan_of(Settings(speed=0.9), OWN_KEY)
    assert after.changed_since(before) == SessionOptions(speed=0.9)
    assert before.changed_since(before) == SessionOptions()


def test_a_change_back_says_what_is_usual() -> None:
    back = plan_of(Settings(), OWN_KEY).changed_since(plan_of(EVERYTHING, OWN_KEY))
    assert (back.noise_reduction, back.speed) == (None, 1.0)
    assert (back.max_output_tokens, back.truncation) == ("inf", TruncationMode.AUTO)
    assert back.reasoning_effort is UNSET


def test_settings_that_are_the_heart_s_own() -> None:
    prices = {"m": Price(1)}
    settings = Settings(restore_context=False, idle_hang_up_s=0, cost_cap_usd=2.5, prices=prices)
    plan = plan_of(settings, OWN_KEY)
    assert (plan.restores, plan.idle_hang_up_s, plan.cost_cap_usd) == (False, 0, 2.5)
    assert plan.price_of("m") == Price(1)


def test_a_dated_model_costs_what_the_model_does() -> None:
    plan = Plan(prices={"m": Price(1), "m-mini": Price(2)})
    assert plan.price_of("m-2027-01-31") == Price(1)
    assert plan.price_of("m-mini-2027-01-31") == Price(2)
    assert plan.price_of("m-nano") == Price()
