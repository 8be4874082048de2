import os
from collections.abc import Callable
from pathlib import Path

import pytest

from app.audio.catalog import Direction
from app.conversation.troubles import SoundServerGone
from app.devices import pulse
from app.devices.pulse import Connection, addressed

_NAMES = ("PULSE_SINK", "PULSE_SOURCE", "PULSE_PROP_OVERRIDE", "ALSA_CONFIG_PATH")


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in _NAMES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PULSE_SERVER", f"unix:{tmp_path / 'nobody'}")


def environment() -> dict[str, str]:
    return {name: os.environ[name] for name in _NAMES if name in os.environ}


def test_a_stream_is_addressed_only_while_it_is_opened() -> None:
    with addressed("usb_headset", Direction.SPEAKER, "7-1"):
        inside = environment()
    assert inside["PULSE_SINK"] == "usb_headset"
    assert "PULSE_SOURCE" not in inside
    assert "parlance.stream=7-1" in inside["PULSE_PROP_OVERRIDE"]
    assert environment() == {}


def test_the_servers_own_choice_is_left_to_it() -> None:
    with addressed(None, Direction.MICROPHONE, "7-1"):
        assert set(environment()) == {"PULSE_PROP_OVERRIDE", "ALSA_CONFIG_PATH"}


def test_somebodys_own_configuration_of_libasound_is_left_to_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALSA_CONFIG_PATH", "/own.conf")
    with addressed(None, Direction.MICROPHONE, "7-1"):
        assert environment()["ALSA_CONFIG_PATH"] == "/own.conf"
    assert environment() == {"ALSA_CONFIG_PATH": "/own.conf"}


def test_what_the_user_had_set_is_put_back_even_when_opening_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULSE_SOURCE", "the user's")

    def fail_to_open() -> None:
        with addressed("headset", Direction.MICROPHONE, "7-1"):
            assert environment()["PULSE_SOURCE"] == "headset"
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_to_open()
    assert environment() == {"PULSE_SOURCE": "the user's"}


@pytest.mark.parametrize(
    "ask", [lambda: Connection().__enter__(), pulse.scan, lambda: pulse.device_of("7-1", Direction.SPEAKER)]
)
def test_no_server_is_a_trouble(ask: Callable[[], object]) -> None:
    with pytest.raises(SoundServerGone):
        ask()
