"""Plain words that wrap, whatever stands in them."""

import re

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QWidget

_BREAK = "\u200b"
"""A zero-width space: seen by nobody, and a line may end there (Unicode line breaking, class ZW)."""
_LONG_RUN = re.compile(r"\S{24,}")
_STEP = re.compile(r"[^\W_]{1,16}|.", re.DOTALL)


class WrappedLabel(QLabel):
    """A label that never asks for more width than its place has: addresses and long names are broken too."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(True)

    def show_words(self, words: str) -> None:
        """Stand there with these words."""
        self.setText(breakable(words))
        self.setAccessibleName(words)


def breakable(words: str) -> str:
    """The same words, in which long runs without a space may be broken: after signs, and within endless names."""
    return _LONG_RUN.sub(lambda run: _BREAK.join(_STEP.findall(run[0])), words)
