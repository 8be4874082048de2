import pytest

from app.conversation.shortcuts import KEYS, Modifier, Shortcut, UnusableKey, shortcut_of


@pytest.mark.parametrize("text", ["F9", "Ctrl+Alt+Space", "Pause", "Meta+Shift+F1", "Alt+Grave"])
def test_it_reads_as_it_is_written(text: str) -> None:
    again = shortcut_of(str(shortcut_of(text)))
    assert again == shortcut_of(text)


def test_modifiers_are_written_in_one_order() -> None:
    assert str(shortcut_of("Shift + Ctrl+ F9")) == "Ctrl+Shift+F9"
    assert shortcut_of("Ctrl+F9") == Shortcut("F9", frozenset({Modifier.CTRL}))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "cannot be used"),
        ("Ctrl", "alone"),
        ("Ctrl+Shift", "alone"),
        ("Return", "cannot be used"),
        ("Hyper+F9", "cannot be used"),
        ("A", "could not be typed"),
        ("Shift+A", "could not be typed"),
        ("Space", "could not be typed"),
        ("Ctrl+C", "most programs"),
        ("Alt+F4", "belongs to the system"),
        ("Ctrl+Alt+Delete", "belongs to the system"),
        ("+++", "cannot be used"),
    ],
)
def test_what_cannot_be_used_is_explained(text: str, why: str) -> None:
    with pytest.raises(UnusableKey, match=why):
        shortcut_of(text)


@pytest.mark.parametrize("key", sorted(KEYS - {"Delete"}))
def test_every_key_can_be_used_with_ctrl_and_alt(key: str) -> None:
    assert shortcut_of(f"Ctrl+Alt+{key}").key == key
