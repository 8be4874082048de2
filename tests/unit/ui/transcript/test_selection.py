from app.ui.transcript.selection import Place, Selection


def test_the_span_of_each_row_whichever_way_it_was_drawn() -> None:
    for selection in (Selection(Place(1, 4), Place(3, 2)), Selection(Place(3, 2), Place(1, 4))):
        assert [selection.span(row, 10) for row in range(5)] == [None, (4, 10), (0, 10), (0, 2), None]


def test_a_row_that_became_shorter_is_not_overrun() -> None:
    assert Selection(Place(0, 3), Place(0, 9)).span(0, 5) == (3, 5)


def test_a_click_marks_nothing() -> None:
    assert Selection(Place(0, 3), Place(0, 3)).is_empty
