"""The faint noise of a room."""

import numpy as np

from app.servers.rehearsal.floor import Floor, with_margins


def test_silence_is_never_perfect_and_loud_sound_is_not_wrapped() -> None:
    assert 5 < np.std(Floor().under(np.zeros(16_000))) < 20
    assert Floor().under(np.full(1000, 32_767)).min() > 32_000
    assert Floor().under(np.zeros(0)).dtype == np.int16


def test_a_turn_gets_a_quiet_room_around_it() -> None:
    speech = np.full(1600, 5000, np.int16)
    turn = with_margins(speech)
    assert np.array_equal(turn[4800:-4800], speech)
    for margin in (turn[:4800], turn[-4800:]):
        assert 5 < np.std(margin) < 20
