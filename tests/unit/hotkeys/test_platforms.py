"""What the back ends that cannot run here call keys."""

import pytest

from app.conversation.shortcuts import KEYS, shortcut_of
from app.hotkeys.portal import trigger_of


@pytest.mark.parametrize(
    ("text", "trigger"),
    [("F9", "F9"), ("Ctrl+Alt+Space", "CTRL+ALT+space"), ("Meta+Shift+A", "SHIFT+LOGO+a"), ("Alt+PageUp", "ALT+Prior")],
)
def test_the_portal_is_told_xkb_names(text: str, trigger: str) -> None:
    assert trigger_of(shortcut_of(text)) == trigger


def test_windows_knows_every_key() -> None:
    windows = pytest.importorskip("app.hotkeys.windows")
    numbers = [windows.virtual_key_of(key) for key in KEYS]
    assert len(set(numbers)) == len(KEYS)
