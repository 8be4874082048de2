import pytest

from app.audio.pcm import BLOCK_SAMPLES, samples_of_ms
from app.audio.slack import Slack

TARGET = samples_of_ms(20)


def measured(*slacks_ms: float) -> Slack:
    slack = Slack()
    for slack_ms in slacks_ms:
        slack.measure(samples_of_ms(slack_ms), samples_of_ms(20))
    return slack


@pytest.mark.parametrize("slack_ms", [17, 20, 25, 32])
def test_about_right_is_left_alone(slack_ms: float) -> None:
    assert measured(slack_ms, slack_ms).correction(TARGET) == 0


def test_too_much_is_taken_out_by_no_more_than_the_excess() -> None:
    assert measured(40, 40).correction(TARGET) == samples_of_ms(20)


def test_too_little_is_added_to_but_not_so_much_that_it_must_go_again() -> None:
    assert measured(10, 10).correction(TARGET) == -samples_of_ms(20)


def test_the_tightest_packet_decides() -> None:
    assert measured(60, 20, 60).correction(TARGET) == 0


def test_a_correction_needs_some_sound_measured_and_counts_as_made() -> None:
    slack = measured(60)
    assert slack.correction(TARGET) == 0
    slack.measure(samples_of_ms(60), samples_of_ms(20))
    assert slack.correction(TARGET) > 0
    assert not slack.measured
    assert slack.correction(TARGET) == 0


def test_a_device_with_long_strides_is_given_room_for_them() -> None:
    slack = Slack()
    for pull in range(10):
        slack.pulled(pull // 3 * 0.03)
    for _ in range(2):
        slack.measure(samples_of_ms(50), samples_of_ms(20))
    assert slack.correction(TARGET) == 0


def test_a_stride_is_forgotten() -> None:
    slack, now_s = Slack(), 0.05
    slack.pulled(0.0)
    for _ in range(1000):
        slack.pulled(now_s)
        now_s += BLOCK_SAMPLES / 48_000
    for _ in range(2):
        slack.measure(samples_of_ms(35), samples_of_ms(20))
    assert slack.correction(TARGET) > 0
