import pytest
from PySide6.QtCore import QPointF

from app.conversation.view import Row, Speaker
from app.ui.look.tokens import LIGHT
from app.ui.transcript.row_layout import Fonts, RowLayout, estimated_height

pytestmark = pytest.mark.usefixtures("appearance")
SENTENCE = "The lamp turned, and the ships far out saw it and were glad. "


def layout(row: Row, measure: float = 400) -> RowLayout:
    return RowLayout(row, measure, Fonts.of_the_system(), LIGHT)


@pytest.mark.parametrize("speaker", list(Speaker))
@pytest.mark.parametrize("length", [0, 1, 7, 40])
def test_the_estimate_is_near_enough_for_a_scroll_bar(speaker: Speaker, length: int) -> None:
    row = Row("1", speaker, SENTENCE * length)
    assert estimated_height(row, 400) == pytest.approx(layout(row).height, rel=0.35, abs=24)


def test_more_words_and_less_room_make_a_row_higher() -> None:
    row = Row("1", Speaker.ASSISTANT, SENTENCE * 5)
    assert layout(row, 200).height > layout(row).height > layout(Row("1", Speaker.ASSISTANT, SENTENCE)).height


def test_the_explaining_line_has_room() -> None:
    heard = Row("1", Speaker.ASSISTANT, "Once upon a time")
    cut = Row("1", Speaker.ASSISTANT, "Once upon", unheard=" a time")
    assert layout(cut).height == layout(heard).height + 16


@pytest.mark.parametrize("text", ["one\ntwo\nthree", "مرحبا بالعالم", "🙂🙂🙂", "x" * 900, ""])
def test_every_character_is_found_under_the_pointer(text: str) -> None:
    one = layout(Row("1", Speaker.ASSISTANT, text))
    for y in range(0, int(one.height), 7):
        for x in range(-20, 450, 30):
            assert 0 <= one.offset_at(QPointF(x, y)) <= len(text)


def test_a_tool_is_one_line() -> None:
    one = layout(Row("1", Speaker.TOOL, "Timer 10 minutes\n · ends 14:13 " + SENTENCE * 10))
    assert one.height == layout(Row("1", Speaker.TOOL, "Timer")).height
    assert "\n" not in one.words


def test_a_card_tells_to_the_end_what_came_of_it() -> None:
    one = layout(Row("1", Speaker.TOOL, "Web page " + "long." * 30 + "example.org · opened in the browser"))
    assert one.words.startswith("Web page")
    assert one.words.endswith("example.org · opened in the browser")
    assert "…" in one.words
    assert one.offset_at(QPointF(0, 10)) == 0
    assert one.offset_at(QPointF(350, 10)) == len(one.row.text)
