from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

import pytest
from PySide6.QtCore import QPoint
from pytestqt.qtbot import QtBot

from app.conversation.view import Row, Speaker
from app.ui.look.appearance import Appearance
from app.ui.transcript.model import TranscriptModel
from app.ui.transcript.row_layout import RowLayout
from app.ui.transcript.view import TranscriptView

WORDS = "Words enough to need more than one line in a pane that is not wide. "


def many(count: int) -> tuple[Row, ...]:
    speakers = (Speaker.USER, Speaker.ASSISTANT)
    return tuple(Row(str(at), speakers[at % 2], WORDS * (1 + at % 5), finished=True) for at in range(count))


@pytest.fixture
def model() -> TranscriptModel:
    return TranscriptModel()


@pytest.fixture
def view(model: TranscriptModel, appearance: Appearance, qtbot: QtBot) -> Iterator[TranscriptView]:
    pane = TranscriptView(model, appearance)
    pane.resize(400, 500)
    pane.show()
    qtbot.waitExposed(pane)
    yield pane
    pane.close()
    pane.deleteLater()


def follows(view: TranscriptView) -> bool:
    return view.following


def at_end(view: TranscriptView) -> bool:
    return view.verticalScrollBar().value() == view.verticalScrollBar().maximum()


def test_the_newest_line_is_followed(view: TranscriptView, model: TranscriptModel) -> None:
    rows = many(40)
    model.show(rows)
    assert at_end(view)
    model.show((*rows, Row("new", Speaker.ASSISTANT, WORDS)))
    assert at_end(view)
    model.show((*rows, Row("new", Speaker.ASSISTANT, WORDS * 30)))
    assert at_end(view)
    assert follows(view)


def test_a_reader_who_is_elsewhere_is_left_alone(view: TranscriptView, model: TranscriptModel) -> None:
    rows = many(40)
    model.show(rows)
    view.verticalScrollBar().setValue(view.verticalScrollBar().maximum() // 2)
    read = view.indexAt(QPoint(100, 100)).row()
    where = view.origin_of(read)
    assert not follows(view)
    model.show((*rows, Row("new", Speaker.ASSISTANT, WORDS * 30)))
    assert view.origin_of(read) == where
    inserted_above = (Row("first", Speaker.USER, WORDS * 3), *rows)
    model.show(inserted_above)
    assert abs(view.origin_of(read + 1).y() - where.y()) <= 1


def test_returning_to_the_end_follows_again(view: TranscriptView, model: TranscriptModel) -> None:
    rows = many(40)
    model.show(rows)
    view.verticalScrollBar().setValue(0)
    assert not follows(view)
    view.verticalScrollBar().setValue(view.verticalScrollBar().maximum())
    assert follows(view)
    model.show((*rows, Row("new", Speaker.ASSISTANT, WORDS)))
    assert at_end(view)


def test_another_width_breaks_lines_anew_and_keeps_the_end(view: TranscriptView, model: TranscriptModel) -> None:
    model.show(many(10))
    wide = view.layout_of(9).height
    view.resize(250, 500)
    assert view.layout_of(9).height > wide
    assert at_end(view)


def test_rows_do_not_overlap_wherever_one_scrolls(view: TranscriptView, model: TranscriptModel) -> None:
    model.show(many(200))
    bar = view.verticalScrollBar()
    for value in range(0, bar.maximum(), 97):
        bar.setValue(value)
        seen = [row for row in range(200) if view.visualRect(model.index(row)).intersects(view.viewport().rect())]
        for above, below in pairwise(seen):
            gap = view.origin_of(below).y() - view.origin_of(above).y()
            assert gap == pytest.approx(view.layout_of(above).height)


def test_only_the_changed_row_is_laid_out_again(view: TranscriptView, model: TranscriptModel) -> None:
    rows = many(6)
    model.show(rows)
    before = [view.layout_of(at) for at in range(6)]
    model.show((*rows[:5], replace(rows[5], text=rows[5].text + "More.")))
    after = [view.layout_of(at) for at in range(6)]
    assert [old is new for old, new in zip(before, after, strict=True)] == [True] * 5 + [False]


def test_rows_that_were_never_seen_are_never_laid_out(
    view: TranscriptView, model: TranscriptModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = set[int]()
    lay_out = TranscriptView.layout_of

    def counting(pane: TranscriptView, at: int) -> RowLayout:
        made.add(at)
        return lay_out(pane, at)

    monkeypatch.setattr(TranscriptView, "layout_of", counting)
    model.show(many(2000))
    assert 0 < len(made) < 50


def test_the_place_of_a_row_is_known_both_ways(view: TranscriptView, model: TranscriptModel) -> None:
    model.show(many(30))
    index = model.index(3)
    view.scrollTo(index)
    area = view.visualRect(index)
    assert view.viewport().rect().contains(area)
    assert view.indexAt(area.center()).row() == 3


def test_an_empty_pane_invites(view: TranscriptView) -> None:
    view.invite("Say something")
    assert view.accessibleDescription() == "Say something"
    view.grab()
