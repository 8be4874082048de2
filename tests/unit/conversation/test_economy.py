"""Money and idleness."""

from dataclasses import replace

import pytest

from app.conversation import commands as do
from app.conversation import happenings as did
from app.conversation.machines import Link
from app.conversation.prices import PRICES, Price
from app.conversation.usage import Spent
from app.conversation.words import view_of
from app.realtime import events as said
from app.realtime.items import CachedTokens, InputTokens, OutputTokens, Response, ResponseStatus, Usage
from app.realtime.session import EffectiveSession, SessionOptions
from tests.support.stories import VAD, Story, user_spoke

USAGE = Usage(
    input_tokens=1500,
    output_tokens=300,
    input_token_details=InputTokens(
        text_tokens=500,
        audio_tokens=1000,
        cached_tokens=700,
        cached_tokens_details=CachedTokens(text_tokens=300, audio_tokens=400),
    ),
    output_token_details=OutputTokens(text_tokens=100, audio_tokens=200),
)
PRICED = replace(VAD, prices=PRICES)
PRICE = Price(4, 0.40, 24, 32, 0.40, 64, 0.0045)


def answered(usage: Usage) -> tuple[said.ServerEvent, ...]:
    return (
        said.ResponseCreated(Response(id="r1")),
        said.ResponseDone(Response(id="r1", status=ResponseStatus.COMPLETED, usage=usage)),
    )


def sentence(story: Story) -> str:
    return story.state.notice.sentence if story.state.notice else ""


def test_cached_tokens_are_a_part_of_the_input_and_cost_less() -> None:
    spent = Spent().with_response(USAGE)
    expected = (200 * 4 + 300 * 0.40 + 100 * 24 + 600 * 32 + 400 * 0.40 + 200 * 64) / 1_000_000
    assert spent.cost_usd(PRICE) == pytest.approx(expected)
    assert spent.tokens == 1800


def test_transcription_is_the_second_tap() -> None:
    by_time = Spent().with_transcription(said.DurationUsage(seconds=30.0))
    assert by_time.cost_usd(PRICE) == pytest.approx(0.0045 / 2)
    details = said.TranscriptionInputTokens(audio_tokens=300)
    by_tokens = Spent().with_transcription(said.TokenUsage(total_tokens=320, input_token_details=details))
    assert by_tokens.cost_usd(PRICE) == pytest.approx(0.0045 / 2)


def test_the_meter_shows_what_the_model_in_force_costs() -> None:
    story = Story(PRICED).go_live()
    model = EffectiveSession(options=SessionOptions(model="gpt-realtime-2.1"))
    story.tell(said.SessionUpdated(session=model), *answered(USAGE))
    assert view_of(story.state).cost_usd == pytest.approx(0.0355, abs=0.0002)
    assert view_of(story.state).tokens == 1800


def test_the_cap_ends_the_conversation_in_words() -> None:
    story = Story(replace(PRICED, cost_cap_usd=0.01)).go_live()
    story.tell(said.SessionUpdated(session=EffectiveSession(options=SessionOptions(model="gpt-realtime-2.1"))))
    assert do.StopAttempt() in story.tell(*answered(USAGE))
    story.tell(did.LinkEnded(None))
    assert story.state.link is Link.DOWN
    assert story.state.notice is not None
    assert "limit you set" in story.state.notice.sentence


def test_an_empty_room_is_warned_and_then_left() -> None:
    story = Story().go_live()
    story.wait(269)
    assert sentence(story) == ""
    story.wait(2)
    assert "Still there" in sentence(story)
    assert do.StopAttempt() in story.wait(30)
    story.tell(did.LinkEnded(None))
    assert story.state.link is Link.DOWN
    assert "5 quiet minutes" in sentence(story)


def test_speaking_up_stays_and_takes_the_warning_away() -> None:
    story = Story().go_live()
    story.wait(271)
    story.tell(*user_spoke("u1"))
    assert story.state.notice is None
    assert do.StopAttempt() not in story.wait(200)


def test_idleness_can_be_allowed() -> None:
    story = Story(replace(VAD, idle_hang_up_s=0)).go_live()
    assert do.StopAttempt() not in story.wait(3000)
