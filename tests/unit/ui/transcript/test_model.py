from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QModelIndex, Qt

from app.conversation.view import Row, Speaker
from app.ui.transcript.model import TranscriptModel


def rows(ids: str) -> tuple[Row, ...]:
    return tuple(Row(one, Speaker.USER, f"words of {one}") for one in ids)


class Diary:
    """What the model tells its views, and a copy of the rows kept by nothing else."""

    def __init__(self, model: TranscriptModel) -> None:
        self.entries: list[str] = []
        self.copy: list[Row] = []
        self._model = model
        model.rowsInserted.connect(self._inserted)
        model.rowsRemoved.connect(self._removed)
        model.dataChanged.connect(self._changed)
        model.modelReset.connect(self._reset)

    def _inserted(self, _parent: QModelIndex, first: int, last: int) -> None:
        self.entries.append(f"+{first}-{last}")
        self.copy[first:first] = self._model.rows[first : last + 1]

    def _removed(self, _parent: QModelIndex, first: int, last: int) -> None:
        self.entries.append(f"-{first}-{last}")
        del self.copy[first : last + 1]

    def _changed(self, first: QModelIndex, last: QModelIndex) -> None:
        self.entries.append(f"~{first.row()}-{last.row()}")
        self.copy[first.row() : last.row() + 1] = self._model.rows[first.row() : last.row() + 1]

    def _reset(self) -> None:
        self.entries.append("reset")
        self.copy = list(self._model.rows)


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("", "a", ["+0-0"]),
        ("", "ab", ["reset"]),
        ("ab", "abc", ["+2-2"]),
        ("ad", "abcd", ["+1-2"]),
        ("abcd", "ad", ["-2-2", "-1-1"]),
        ("abc", "bc", ["-0-0"]),
        ("abc", "acb", ["-2-2", "+1-1"]),
        ("abc", "axc", ["-1-1", "+1-1"]),
        ("ab", "xy", ["reset"]),
        ("ab", "", ["reset"]),
        ("", "", []),
    ],
)
def test_the_least_is_told(before: str, after: str, told: list[str]) -> None:
    model = TranscriptModel()
    model.show(rows(before))
    diary = Diary(model)
    model.show(rows(after))
    assert diary.entries == told
    assert list(model.rows) == list(rows(after))


def test_only_the_row_with_new_words_is_told() -> None:
    model = TranscriptModel()
    before = rows("abc")
    model.show(before)
    diary = Diary(model)
    model.show((*before[:2], replace(before[2], text="more words")))
    assert diary.entries == ["~2-2"]


def test_equal_rows_are_no_news() -> None:
    model = TranscriptModel()
    model.show(rows("abc"))
    diary = Diary(model)
    model.show(rows("abc"))
    assert diary.entries == []


@given(st.lists(st.lists(st.sampled_from("abcdefgh"), unique=True), max_size=6), st.data())
def test_whoever_follows_the_signals_has_the_rows(stories: Sequence[Sequence[str]], data: st.DataObject) -> None:
    model = TranscriptModel()
    diary = Diary(model)
    for ids in stories:
        wanted = tuple(Row(one, Speaker.USER, data.draw(st.sampled_from(("x", "y")))) for one in ids)
        model.show(wanted)
        assert tuple(model.rows) == wanted
        assert tuple(diary.copy) == wanted


def test_a_row_is_one_text_for_screen_readers() -> None:
    model = TranscriptModel()
    model.show((Row("a", Speaker.ASSISTANT, "Once upon", unheard=" a time"),))
    said = model.index(0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert said == "Assistant: Once upon (not spoken: a time)"
