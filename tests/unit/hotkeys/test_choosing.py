from collections.abc import Mapping

import pytest

from app.hotkeys.choosing import backend_for


@pytest.mark.parametrize(
    ("environ", "name"),
    [
        ({"DISPLAY": ":0"}, "x11"),
        ({"DISPLAY": ":0", "XDG_SESSION_TYPE": "x11", "WAYLAND_DISPLAY": ""}, "x11"),
        ({"DISPLAY": ":0", "WAYLAND_DISPLAY": "wayland-0"}, "portal"),
        ({"DISPLAY": ":0", "XDG_SESSION_TYPE": "wayland"}, "portal"),
        ({}, None),
    ],
)
def test_the_desktop_decides(environ: Mapping[str, str], name: str | None) -> None:
    backend = backend_for(environ, "io.example.App", lambda work: work(), "linux")
    assert (backend.name if backend else None) == name


def test_a_mac_has_its_own() -> None:
    backend = backend_for({}, "io.example.App", lambda work: work(), "darwin")
    assert backend is not None
    assert backend.name == "macos"
