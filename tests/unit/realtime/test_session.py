"""What is asked of a session."""

import pytest

from app.realtime.choices import Modality, RetentionRatio
from app.realtime.session import (
    UNSET,
    CustomVoice,
    EffectiveSession,
    NoiseReduction,
    SemanticVad,
    ServerVad,
    SessionOptions,
    problems,
)


@pytest.mark.parametrize(
    "options",
    [
        SessionOptions(turn_detection=ServerVad(threshold=1.2)),
        SessionOptions(turn_detection=ServerVad(prefix_padding_ms=-1)),
        SessionOptions(turn_detection=ServerVad(silence_duration_ms=-1)),
        SessionOptions(turn_detection=ServerVad(idle_timeout_ms=4999)),
        SessionOptions(turn_detection=ServerVad(idle_timeout_ms=30_001)),
        SessionOptions(turn_detection=SemanticVad("hasty")),
        SessionOptions(output_modalities=(Modality.AUDIO, Modality.TEXT)),
        SessionOptions(output_modalities=()),
        SessionOptions(speed=0.2),
        SessionOptions(speed=float("nan")),
        SessionOptions(max_output_tokens=0),
        SessionOptions(max_output_tokens=4097),
        SessionOptions(noise_reduction=NoiseReduction("mid_field")),
        SessionOptions(reasoning_effort="none"),
        SessionOptions(truncation=RetentionRatio(1.1)),
    ],
)
def test_what_a_server_would_refuse_is_a_problem(options: SessionOptions) -> None:
    assert len(problems(options)) == 1


@pytest.mark.parametrize(
    "options",
    [
        SessionOptions(),
        SessionOptions(turn_detection=None, noise_reduction=None, max_output_tokens="inf"),
        SessionOptions(turn_detection=ServerVad(0.0, 0, 0, idle_timeout_ms=5000), speed=0.25, max_output_tokens=4096),
        SessionOptions(turn_detection=ServerVad(1.0, idle_timeout_ms=30_000), speed=1.5, max_output_tokens=1),
        SessionOptions(
            turn_detection=SemanticVad("high"),
            output_modalities=(Modality.TEXT,),
            noise_reduction=NoiseReduction("far_field"),
            reasoning_effort="xhigh",
            truncation=RetentionRatio(1.0),
        ),
    ],
)
def test_what_a_server_takes_is_none(options: SessionOptions) -> None:
    assert problems(options) == ()


def test_an_update_leaves_alone_what_it_does_not_say() -> None:
    before = SessionOptions(voice="marin", turn_detection=ServerVad(), instructions="Be brief.")
    after = before.updated(SessionOptions(turn_detection=None, instructions=""))
    assert after == SessionOptions(voice="marin", turn_detection=None, instructions="")


def test_what_was_not_told_is_empty() -> None:
    silent = EffectiveSession()
    assert (silent.model, silent.voice, silent.output_modalities) == ("", "", ())
    assert silent.turn_detection is UNSET
    assert EffectiveSession(options=SessionOptions(voice=CustomVoice("voice_1"))).voice == "voice_1"
