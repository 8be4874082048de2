"""The key that works in every window: how it is written, and which keys can be one. Pure.

Written as ``Ctrl+Alt+Space``: modifiers in the order of ``Modifier``, then one key of ``KEYS``. Each back end knows
what its platform calls them.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Final


class Modifier(Enum):
    """A key that is held with another."""

    CTRL = "Ctrl"
    ALT = "Alt"
    SHIFT = "Shift"
    META = "Meta"
    """The key with the platform's sign on it; Command on macOS."""


_FUNCTION_KEYS: Final = tuple(f"F{number}" for number in range(1, 25))
_SIGNS: Final = (*"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", "Grave")
_EDITING: Final = ("Space", "Insert", "Delete", "Home", "End", "PageUp", "PageDown", "Left", "Right", "Up", "Down")
_OTHERS: Final = ("Pause", "ScrollLock", "Print", "Menu")
KEYS: Final = frozenset((*_FUNCTION_KEYS, *_SIGNS, *_EDITING, *_OTHERS))
_TYPED: Final = frozenset((*_SIGNS, *_EDITING))
_TAKEN_BY_SYSTEMS: Final = frozenset({"Alt+F4", "Ctrl+Alt+Delete", "Alt+Space", "Meta+L", "Meta+Space"})


class UnusableKey(ValueError):
    """A key that cannot be the talk key; the words say why and what to do."""


@dataclass(frozen=True, slots=True)
class Shortcut:
    """A key, and what is held with it."""

    key: str
    modifiers: frozenset[Modifier] = frozenset()

    def __str__(self) -> str:
        return "+".join([each.value for each in Modifier if each in self.modifiers] + [self.key])


@dataclass(frozen=True, slots=True)
class KeyReport:
    """What works in every window just now, for Settings."""

    works: bool = False
    words: str = "No key is set that works in other windows."
    """Which way is active and why, or why none is and what to do."""
    command: str = ""
    """What to bind in the desktop's own settings, where only that is left."""


def shortcut_of(text: str) -> Shortcut:
    """The shortcut that is written so, checked; raises UnusableKey."""
    *held, key = (part.strip() for part in text.split("+"))
    modifiers = frozenset(each for each in Modifier if each.value in held)
    if key in {each.value for each in Modifier}:
        raise UnusableKey(f"{text} alone begins many shortcuts. Press another key with it.")
    if key not in KEYS or len(modifiers) != len(held):
        raise UnusableKey(
            f"{text or 'This key'} cannot be used in every window. Choose a function key, or Ctrl+Alt+Space."
        )
    shortcut = Shortcut(key, modifiers)
    _refuse_what_is_needed(shortcut)
    return shortcut


def _refuse_what_is_needed(shortcut: Shortcut) -> None:
    """A key that works in every window is taken from every window."""
    strong = shortcut.modifiers - {Modifier.SHIFT}
    if str(shortcut) in _TAKEN_BY_SYSTEMS:
        raise UnusableKey(f"{shortcut} belongs to the system. Choose another key.")
    if shortcut.key in _TYPED and not strong:
        raise UnusableKey(f"{shortcut} could not be typed anywhere any more. Press it with Ctrl+Alt.")
    if shortcut.key in _TYPED and shortcut.modifiers == {Modifier.CTRL}:
        raise UnusableKey(f"{shortcut} means something in most programs. Press it with Ctrl+Alt.")
