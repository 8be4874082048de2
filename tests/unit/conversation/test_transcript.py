"""The transcript: order by links, finals over deltas, cuts."""

from itertools import permutations

import pytest

from app.conversation.transcript import Transcript
from app.conversation.view import Speaker

USER, ASSISTANT, TOOL = Speaker.USER, Speaker.ASSISTANT, Speaker.TOOL


def chain(*steps: tuple[str, Speaker, str | None]) -> Transcript:
    transcript = Transcript()
    for id, speaker, follows in steps:
        transcript = transcript.placed(id, speaker, follows, 0.0)
    return transcript


@pytest.mark.parametrize("arrival", list(permutations(range(4))))
def test_order_follows_the_links_whatever_arrives_first(arrival: tuple[int, ...]) -> None:
    steps = [("a", USER, ""), ("b", ASSISTANT, "a"), ("c", USER, "b"), ("d", ASSISTANT, "c")]
    assert chain(*(steps[at] for at in arrival)).order == ("a", "b", "c", "d")


def test_an_entry_without_a_told_place_goes_last_and_moves_when_told() -> None:
    transcript = chain(("a", USER, ""), ("b", ASSISTANT, "a"), ("c", USER, None))
    assert transcript.order == ("a", "b", "c")
    assert transcript.placed("c", USER, "a", 0.0).order == ("a", "c", "b")


def test_a_late_predecessor_takes_its_place_before_what_waited_for_it() -> None:
    transcript = chain(("a", USER, ""), ("c", ASSISTANT, "b"), ("b", USER, "a"))
    assert transcript.order == ("a", "b", "c")


def test_a_loop_of_links_loses_nothing() -> None:
    transcript = chain(("a", USER, "b"), ("b", USER, "a"), ("c", USER, "c"))
    assert sorted(transcript.order) == ["a", "b", "c"]


def test_removing_closes_the_gap() -> None:
    transcript = chain(("a", USER, ""), ("b", ASSISTANT, "a"), ("c", USER, "b")).without("b")
    assert transcript.order == ("a", "c")
    assert transcript.placed("d", USER, "a", 0.0).order == ("a", "d", "c")


def test_the_final_text_replaces_what_was_streamed() -> None:
    transcript = chain(("a", ASSISTANT, "")).streamed("a", "Hel").streamed("a", "lo")
    assert transcript.rows[0].text == "Hello"
    final = transcript.settled("a", "Hello there.").streamed("a", " there.")
    assert final.rows[0].text == "Hello there."


def test_a_user_row_waits_for_its_words() -> None:
    transcript = chain(("a", USER, ""))
    assert transcript.rows[0].pending
    written = transcript.settled("a", "What time is it?").finished("a")
    assert (written.rows[0].text, written.rows[0].pending, written.rows[0].finished) == (
        "What time is it?",
        False,
        True,
    )
    assert transcript.failed("a").rows[0].failed


def test_hidden_items_hold_places_but_are_not_shown() -> None:
    transcript = chain(("a", USER, ""), ("x", TOOL, "a"), ("b", ASSISTANT, "x")).streamed("b", "Done")
    assert [row.id for row in transcript.rows] == ["a", "b"]


def test_a_cut_keeps_what_was_not_heard() -> None:
    transcript = chain(("a", ASSISTANT, "")).streamed("a", "On a cliff above a grey bay stood a lighthouse")
    row = transcript.cut("a", heard_ms=1000).rows[0]
    assert row.text == "On a cliff above"
    assert row.unheard == " a grey bay stood a lighthouse"
    assert row.finished


def test_after_a_cut_nothing_is_added_and_the_servers_word_on_the_cut_counts() -> None:
    cut = chain(("a", ASSISTANT, "")).streamed("a", "One two three four").cut("a", 400)
    assert cut.streamed("a", " five") is cut
    row = cut.settled("a", "One two three").rows[0]
    assert (row.text, row.unheard) == ("One two three", " four")


def test_a_longer_final_after_a_cut_is_kept_as_unheard() -> None:
    cut = chain(("a", ASSISTANT, "")).streamed("a", "One two").cut("a", 200)
    row = cut.settled("a", "One two three").rows[0]
    assert row.text + row.unheard == "One two three"
    assert row.text == "One"


def test_a_cut_after_all_was_heard_changes_nothing() -> None:
    heard = chain(("a", ASSISTANT, "")).settled("a", "Yes.")
    assert heard.cut("a", 5000) is heard


def test_unchanged_rows_stay_the_same_objects() -> None:
    before = chain(("a", USER, ""), ("b", ASSISTANT, "a"))
    before = before.streamed("b", "x")
    after = before.streamed("b", "y")
    assert after.rows[0] is before.rows[0]
    assert after.rows[1] is not before.rows[1]


def test_words_for_unknown_entries_are_ignored() -> None:
    transcript = Transcript()
    for changed in (
        transcript.streamed("x", "y"),
        transcript.settled("x", "y"),
        transcript.finished("x"),
        transcript.failed("x"),
        transcript.cut("x", 1),
        transcript.without("x"),
    ):
        assert changed is transcript
