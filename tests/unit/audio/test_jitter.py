from itertools import pairwise

import pytest

from app.audio.jitter import ATTACK_PACKETS, MOST_WAITING, DelayWindow, PacketBuffer, PacketCounts
from app.audio.packets import RtpPacket
from app.audio.pcm import samples_of_ms


def packet(index: int, *, sequence: int = 0, timestamp: int = 0, late_ms: float = 0) -> RtpPacket:
    """Number ``index`` of a stream of 20 ms, ``late_ms`` after the fastest path would have brought it."""
    return RtpPacket(
        1,
        (sequence + index) % 2**16,
        (timestamp + index * 960) % 2**32,
        bytes([index % 256]),
        index * 0.02 + late_ms / 1000,
    )


def drain(buffer: PacketBuffer) -> list[int]:
    payloads: list[int] = []
    while head := buffer.take():
        payloads.append(head.payload[0])
    return payloads


def test_packets_leave_in_order_whatever_order_they_came_in() -> None:
    buffer = PacketBuffer(PacketCounts())
    for index in (1, 0, 3, 2, 5, 4):
        buffer.insert(packet(index))
    assert drain(buffer) == [0, 1, 2, 3, 4, 5]


def test_numbers_wrap() -> None:
    buffer = PacketBuffer(PacketCounts())
    for index in (0, 2, 1, 3, 5, 4):
        buffer.insert(packet(index, sequence=2**16 - 3, timestamp=2**32 - 2000))
    heads = list(iter(buffer.take, None))
    assert [head.payload[0] for head in heads] == [0, 1, 2, 3, 4, 5]
    assert {second.timestamp - first.timestamp for first, second in pairwise(heads)} == {960}


def test_copies_are_dropped_before_and_after_their_packet_was_played() -> None:
    buffer = PacketBuffer(PacketCounts())
    buffer.insert(packet(0))
    buffer.insert(packet(0))
    buffer.take()
    buffer.insert(packet(0))
    assert drain(buffer) == []
    assert buffer.counts == PacketCounts(duplicate=2)


def test_what_comes_after_its_successor_was_played_is_late() -> None:
    buffer = PacketBuffer(PacketCounts())
    buffer.insert(packet(0))
    buffer.insert(packet(2))
    drain(buffer)
    buffer.insert(packet(1, late_ms=40))
    assert drain(buffer) == []
    assert buffer.counts == PacketCounts(late=1)


def test_a_packet_is_lost_when_it_has_not_come_for_a_tenth_of_a_second() -> None:
    buffer = PacketBuffer(PacketCounts())
    for index in range(20):
        if index not in (5, 6, 10):
            buffer.insert(packet(index))
        if index == 12:
            buffer.insert(packet(10, late_ms=40))
    assert buffer.counts.lost == 2
    assert buffer.last_loss_s == pytest.approx(0.24, abs=0.021)


def test_a_far_jump_in_numbers_begins_anew() -> None:
    buffer = PacketBuffer(PacketCounts())
    buffer.insert(packet(0, sequence=100))
    buffer.insert(packet(1, sequence=40_000, timestamp=12_345_678))
    assert drain(buffer) == [1]
    assert buffer.counts == PacketCounts()


def test_forgetting_begins_anew_with_whatever_comes() -> None:
    buffer = PacketBuffer(PacketCounts())
    for index in range(5):
        buffer.insert(packet(index))
    buffer.take()
    buffer.forget()
    assert buffer.head() is None
    buffer.insert(packet(8))
    head = buffer.head()
    assert head is not None
    assert buffer.skipped(head) == 0


def test_a_sender_far_ahead_does_not_fill_the_memory() -> None:
    buffer = PacketBuffer(PacketCounts())
    for index in range(2 * MOST_WAITING):
        buffer.insert(packet(index))
    assert len(drain(buffer)) == MOST_WAITING


def test_lateness_is_measured_from_the_fastest_packet() -> None:
    window = DelayWindow()
    for index in range(100):
        window.add(index * 0.02 + (0.030 if index % 10 == 0 else 0.005), index * 960)
    assert window.lateness(0.5) == pytest.approx(0, abs=1e-3)
    assert window.lateness(0.97) == pytest.approx(samples_of_ms(25), abs=1e-3)
    assert window.age(99 * 960, 99 * 0.02 + 0.015) == pytest.approx(samples_of_ms(10), abs=1e-3)


def test_lateness_is_forgotten_after_a_while() -> None:
    window = DelayWindow()
    for index in range(1000):
        window.add(index * 0.02 + (0.08 if index < 100 else 0.0), index * 960)
    assert window.lateness(1.0) == pytest.approx(0, abs=1e-3)


def test_a_stall_that_catches_up_leaves_the_base_alone() -> None:
    window = DelayWindow()
    for index in range(50):
        window.add(index * 0.02, index * 960)
    for index in range(50, 66):
        window.add(65 * 0.02, index * 960)
    assert window.age(65 * 960, 65 * 0.02) == pytest.approx(0, abs=1e-3)


@pytest.mark.parametrize("shift_s", [0.4, -5.0])
def test_a_clock_that_was_set_or_stood_still_is_a_new_base(shift_s: float) -> None:
    window = DelayWindow()
    for index in range(50):
        window.add(index * 0.02, index * 960)
    for index in range(50, 60):
        window.add(index * 0.02, index * 960 - round(shift_s * 48_000))
    assert window.lateness(1.0) == pytest.approx(0, abs=1e-3)
    assert window.age(59 * 960 - round(shift_s * 48_000), 59 * 0.02) == pytest.approx(0, abs=1e-3)


def test_two_late_packets_show_at_once_that_the_network_became_worse_and_one_does_not() -> None:
    window = DelayWindow()
    for index in range(200):
        window.add(index * 0.02 + (0.03 if index in (100, 190, 195) else 0.0), index * 960)
        if index == 110:
            assert window.recent_lateness() == pytest.approx(0, abs=1e-3)
    assert window.recent_lateness() == pytest.approx(samples_of_ms(30), abs=1e-3)
    assert window.lateness(0.97) == pytest.approx(0, abs=1e-3)
    for index in range(200, 200 + ATTACK_PACKETS):
        window.add(index * 0.02, index * 960)
    assert window.recent_lateness() == pytest.approx(0, abs=1e-3)


def test_an_empty_window_knows_nothing() -> None:
    assert DelayWindow().lateness(0.97) == 0
    assert DelayWindow().recent_lateness() == 0
    assert DelayWindow().age(0, 1.0) == 0
