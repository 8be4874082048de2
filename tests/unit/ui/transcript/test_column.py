from app.ui.transcript.column import Column


def column(*heights: float) -> Column:
    made = Column()
    made.start_over(heights)
    return made


def test_rows_stand_below_one_another() -> None:
    one = column(10, 20, 30)
    assert [one.top(at) for at in range(4)] == [0, 10, 30, 60]
    assert one.total == 60


def test_the_row_at_a_height() -> None:
    one = column(10, 20, 30)
    assert [one.row_at(y) for y in (-5, 0, 9.9, 10, 29, 30, 59, 60, 900)] == [0, 0, 0, 1, 1, 2, 2, 2, 2]


def test_the_rows_between_two_heights() -> None:
    one = column(10, 20, 30)
    assert list(one.between(12, 31)) == [1, 2]
    assert list(column().between(0, 100)) == []


def test_what_is_put_in_or_taken_out_moves_the_rest() -> None:
    one = column(10, 20, 30)
    one.insert(1, [5, 5])
    assert one.top(3) == 20
    one.remove(0, 1)
    assert [one.height(at) for at in range(len(one))] == [5, 20, 30]
    assert one.set_height(0, 7)
    assert not one.set_height(0, 7)
    assert one.total == 57
