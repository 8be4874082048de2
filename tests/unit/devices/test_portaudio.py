import pytest

from app.audio.catalog import Device, Direction
from app.devices.portaudio import Listed
from app.devices.streams import Format


@pytest.mark.parametrize(
    ("rate_hz", "channels", "forms"),
    [
        (48_000, 1, [Format(48_000, 1)]),
        (48_000, 2, [Format(48_000, 1), Format(48_000, 2)]),
        (44_100, 1, [Format(48_000, 1), Format(44_100, 1)]),
        (
            44_100,
            8,
            [
                Format(48_000, 1),
                Format(48_000, 2),
                Format(48_000, 8),
                Format(44_100, 1),
                Format(44_100, 2),
                Format(44_100, 8),
            ],
        ),
    ],
)
def test_a_device_is_tried_as_we_like_it_and_then_as_it_likes_it(
    rate_hz: int, channels: int, forms: list[Format]
) -> None:
    device = Device("hw", "Sound card", Direction.MICROPHONE)
    assert Listed(device, 0, rate_hz, channels).forms() == forms


def test_a_device_block_is_as_near_to_10_ms_as_its_rate_allows() -> None:
    assert [Format(rate_hz).block_samples for rate_hz in (8_000, 11_025, 44_100, 48_000)] == [80, 110, 441, 480]
