"""The assistant's sound on its way out."""

import numpy as np

from app.servers.rehearsal.engine.output_buffer import OutputBuffer, Place


def test_gives_silence_when_there_is_nothing() -> None:
    pulled = OutputBuffer().pull(960)
    assert not pulled.pcm.any()
    assert (pulled.response_id, pulled.samples, pulled.started, pulled.stopped) == ("", 0, False, False)


def test_tells_the_first_and_the_last_frame_of_each_response() -> None:
    buffer = OutputBuffer()
    buffer.put(Place("a"), np.full(1000, 1, np.int16))
    buffer.put(Place("b"), np.full(960, 2, np.int16))
    buffer.complete("a")
    told = []
    for _ in range(4):
        pulled = buffer.pull(960)
        told.append((pulled.response_id, pulled.samples, pulled.started, pulled.stopped))
    assert told == [("a", 960, True, False), ("a", 40, False, True), ("b", 960, True, False), ("b", 0, False, False)]
    buffer.complete("b")
    assert buffer.pull(960).stopped
    assert buffer.empty


def test_no_frame_holds_two_responses() -> None:
    buffer = OutputBuffer()
    buffer.put(Place("a"), np.full(10, 1, np.int16))
    buffer.complete("a")
    buffer.put(Place("b"), np.full(960, 2, np.int16))
    assert set(buffer.pull(960).pcm) == {0, 1}
    assert set(buffer.pull(960).pcm) == {2}


def test_clear_names_only_what_had_begun_to_be_heard() -> None:
    buffer = OutputBuffer()
    buffer.put(Place("a"), np.ones(2000, np.int16))
    buffer.put(Place("b"), np.ones(2000, np.int16))
    buffer.pull(960)
    assert buffer.clear() == ("a",)
    assert buffer.empty
    assert buffer.clear() == ()
