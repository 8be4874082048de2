import pytest

from app.conversation.view import Look, Row, Speaker, View
from app.ui.transcript import words


@pytest.mark.parametrize(
    ("row", "body", "explanation", "spoken"),
    [
        (Row("1", Speaker.USER, "Hi"), "Hi", "", "You: Hi"),
        (Row("1", Speaker.USER, pending=True), "…", "", "You: …"),
        (Row("1", Speaker.USER, failed=True), "", words.UNREADABLE, f"You: {words.UNREADABLE}"),
        (Row("1", Speaker.ASSISTANT, "A", unheard=" b"), "A b", words.INTERRUPTED, "Assistant: A (not spoken: b)"),
        (Row("1", Speaker.ASSISTANT, unheard="b"), "b", words.INTERRUPTED_AT_ONCE, "Assistant: (not spoken: b)"),
        (Row("1", Speaker.TOOL, "Timer"), "Timer", "", "Tool: Timer"),
    ],
)
def test_a_row_in_words(row: Row, body: str, explanation: str, spoken: str) -> None:
    assert (words.body(row), words.explanation(row), words.spoken(row)) == (body, explanation, spoken)


def test_the_empty_pane_says_what_to_do_next() -> None:
    assert "Connect" in words.invitation(View())
    assert "Space" in words.invitation(View(Look.LISTENING, push_to_talk=True))
    assert all(words.invitation(View(look)) for look in Look)


@pytest.mark.parametrize(
    ("text", "icon"),
    [
        ("Timer 2 minutes · ends 14:13", "clock"),
        ("Time · 14:11", "clock"),
        ("Web page example.org · opened in the browser", "globe"),
        ("Look up tides · failed", "tool"),
    ],
)
def test_a_card_has_the_picture_of_its_function(text: str, icon: str) -> None:
    assert words.card_icon(Row("1", Speaker.TOOL, text)) == icon
