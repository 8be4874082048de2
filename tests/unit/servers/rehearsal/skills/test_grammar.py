"""Phrases as a grammar."""

import pytest

from app.servers.rehearsal.skills import GRAMMAR
from app.servers.rehearsal.skills.grammar import NUMBER_RULES, Grammar


@pytest.mark.parametrize(
    "text",
    [
        "what time is it",
        "what time is it now",
        "set a timer for twenty five seconds",
        "what is seventeen percent of three thousand four hundred and eighty",
        "what is five percent of a hundred",
        "convert five pounds to kilograms",
    ],
)
def test_a_whole_phrase_matches(text: str) -> None:
    assert GRAMMAR.matches(text)


@pytest.mark.parametrize(
    "text",
    ["", "what time", "what time is it what time is it", "set a timer for twenty five", "ph_aa ph_b", "stop now"],
)
def test_half_a_phrase_does_not(text: str) -> None:
    assert not GRAMMAR.matches(text)


def test_short_phrases_are_listened_for_on_their_own() -> None:
    grammar = Grammar(("stop", "never mind", "add <digit>", "go (on | back)", "tell me a story"), NUMBER_RULES)
    assert "public <top> = stop | never mind;" in grammar.brief
    assert "<babble>" not in grammar.brief
    assert "(tell me a story) | /0.001/ <babble>;" in grammar.all
    assert {"stop", "seven", "back"} <= set(grammar.words)
    assert "digit" not in grammar.words


def test_what_is_not_jsgf_is_refused() -> None:
    with pytest.raises(ValueError, match="not JSGF"):
        Grammar(("what {tag}",), {})
