from collections.abc import Iterable

import pytest

from app.audio.microphone_watch import LOOK_EVERY_S, MicrophoneFault, MicrophoneWatch

ZEROS, ROOM, VOICE, LOUD, SHOUT = -100.0, -62.0, -25.0, -4.0, -18.0


class Looks:
    def __init__(self) -> None:
        self.watch = MicrophoneWatch()
        self.now_s = 100.0
        self.clipped_blocks = 0

    def see(self, levels: Iterable[float], *, muted: bool = False) -> MicrophoneFault | None:
        """What is said after these levels; SHOUT is cut off at its peaks."""
        fault = None
        for level in levels:
            self.now_s += LOOK_EVERY_S
            self.clipped_blocks += 3 if level == SHOUT else 0
            fault = self.watch.look(level, clipped_blocks=self.clipped_blocks, muted=muted, now_s=self.now_s)
        return fault

    def for_s(self, seconds: float, *levels: float, muted: bool = False) -> MicrophoneFault | None:
        looks = round(seconds / LOOK_EVERY_S)
        return self.see((levels[at % len(levels)] for at in range(looks)), muted=muted)


@pytest.fixture
def looks() -> Looks:
    return Looks()


def test_a_room_and_a_voice_in_it_are_no_fault(looks: Looks) -> None:
    assert looks.for_s(60, ROOM) is None
    assert looks.for_s(30, VOICE, ROOM, VOICE) is None


def test_a_headset_that_wakes_has_time_to_do_so(looks: Looks) -> None:
    assert looks.for_s(5, ZEROS) is None
    assert looks.for_s(5, ROOM) is None
    assert looks.for_s(5, ZEROS) is None


def test_zeros_are_said_until_there_is_sound_again(looks: Looks) -> None:
    assert looks.for_s(9, ZEROS) is MicrophoneFault.SILENT
    assert looks.for_s(60, ZEROS) is MicrophoneFault.SILENT
    assert looks.for_s(0.25, ROOM) is None


def test_a_converter_that_hears_nothing_is_silent_too(looks: Looks) -> None:
    assert looks.for_s(15, -88.0) is None
    assert looks.for_s(6, -88.0) is MicrophoneFault.SILENT


def test_what_is_muted_may_be_silent(looks: Looks) -> None:
    assert looks.for_s(60, ZEROS, muted=True) is None
    assert looks.for_s(5, ZEROS) is None


def test_shouting_into_it_is_said_and_taken_back(looks: Looks) -> None:
    assert looks.see([SHOUT]) is None
    assert looks.for_s(5, SHOUT, VOICE) is MicrophoneFault.OVERDRIVEN
    assert looks.for_s(6, VOICE) is None


def test_loud_alone_is_no_fault_and_neither_is_a_laugh(looks: Looks) -> None:
    assert looks.for_s(60, LOUD) is None
    assert looks.see([SHOUT] * 4) is None
    assert looks.for_s(60, VOICE) is None


def test_what_was_clipped_while_muted_is_not_held_against_the_microphone(looks: Looks) -> None:
    looks.for_s(5, SHOUT, muted=True)
    assert looks.see([VOICE]) is None


def test_talking_while_muted_is_noticed_and_stays_until_one_is_heard(looks: Looks) -> None:
    assert looks.for_s(10, ROOM, muted=True) is None
    assert looks.for_s(2.5, VOICE, VOICE, VOICE, ROOM, muted=True) is MicrophoneFault.TALKING_WHILE_MUTED
    assert looks.for_s(10, ROOM, muted=True) is MicrophoneFault.TALKING_WHILE_MUTED
    assert looks.for_s(0.25, VOICE) is None


def test_a_cough_or_a_loud_room_while_muted_is_no_talking(looks: Looks) -> None:
    looks.for_s(5, ROOM, muted=True)
    assert looks.for_s(0.5, VOICE, muted=True) is None
    assert looks.for_s(5, ROOM, muted=True) is None
    noisy = Looks()
    assert noisy.for_s(30, -40.0, -38.0, muted=True) is None
