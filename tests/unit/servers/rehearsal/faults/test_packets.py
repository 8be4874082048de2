"""What faults do to packets and frames of sound."""

import struct

import numpy as np

from app.servers.rehearsal.faults.packets import Frames, Packets
from app.servers.rehearsal.faults.spoiling import with_candidates
from app.servers.rehearsal.faults.table import Stall

SDP = (
    "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=candidate:1 1 udp 1 127.0.0.1 5 typ host\r\n"
    "a=end-of-candidates\r\na=ice-ufrag:a\r\na=ice-pwd:b\r\n"
)


def packet(sequence: int) -> bytes:
    return struct.pack("!BBHII", 0x80, 111, sequence, sequence * 960, 7) + b"sound"


def test_packets_are_lost_by_a_pattern() -> None:
    packets = Packets()
    packets.lose("010")
    sent = [packets.spoil(packet(number)) for number in range(6)]
    assert sent == [packet(0), None, packet(2), packet(3), None, packet(5)]
    packets.lose("")
    assert packets.spoil(packet(6)) == packet(6)


def test_another_source_has_other_numbers_that_go_on_evenly() -> None:
    packets = Packets()
    packets.change_source()
    first, second = (packets.spoil(packet(number)) for number in (65_535, 65_536 % 2**16))
    assert first is not None
    assert second is not None
    (_, kind, sequence, timestamp, ssrc), after = (
        struct.unpack_from("!BBHII", first),
        struct.unpack_from("!BBHII", second),
    )
    assert (kind, ssrc, first[12:]) == (111, after[4], b"sound")
    assert ssrc != 7
    assert (after[2] - sequence) % 2**16 == 1
    assert timestamp != 65_535 * 960


def test_a_stall_holds_frames_back_once_and_catches_up() -> None:
    frames, stall = Frames(), Stall(ms=60, after_ms=40)
    given = [np.full(4, number, np.int16) for number in range(1, 12)]
    sent = [[int(each[0]) for each in frames.pass_on(frame, stall)] for frame in given]
    assert sent == [[1], [2], [], [], [], [3, 4], [5, 6], [7, 8], [9], [10], [11]]


def test_a_stall_waits_for_sound() -> None:
    frames, stall = Frames(), Stall(ms=20, after_ms=0)
    hush, sound = np.zeros(4, np.int16), np.ones(4, np.int16)
    assert len(list(frames.pass_on(hush, stall))) == 1
    assert len(list(frames.pass_on(sound, stall))) == 0
    assert len(list(frames.pass_on(hush, None))) == 2


def test_the_answer_keeps_or_changes_its_candidates() -> None:
    assert with_candidates(SDP, "kept") == SDP
    bare = with_candidates(SDP, "none")
    assert "candidate:" not in bare
    assert "a=ice-pwd:b\r\n" in bare
    assert "198.51.100.9" in with_candidates(SDP, "unreachable")
    assert "127.0.0.1" not in with_candidates(SDP, "unreachable")
