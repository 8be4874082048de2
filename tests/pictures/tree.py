"""A window as text: class, name, words, state and accessible name of each widget that can be seen."""

from collections.abc import Iterator

from PySide6.QtWidgets import QAbstractButton, QComboBox, QLabel, QLineEdit, QPlainTextEdit, QSlider, QWidget

from app.ui.controls.elided_label import ElidedLabel
from app.ui.transcript.pane import TranscriptPane
from app.ui.transcript.words import body

_INSIDES = (QComboBox, QLineEdit, QPlainTextEdit, QSlider, TranscriptPane)
"""What Qt builds inside of these is Qt's affair."""


def tree_of(widget: QWidget) -> str:
    """One line per visible widget, indented by depth; survives other fonts, scales and styles."""
    return "\n".join(_lines(widget, 0)) + "\n"


def _lines(widget: QWidget, depth: int) -> Iterator[str]:
    yield "  " * depth + " ".join(filter(None, _facts(widget)))
    if isinstance(widget, TranscriptPane):
        yield from ("  " * (depth + 1) + f"{row.speaker.value}: {body(row)!r}" for row in widget.rows)
    if isinstance(widget, _INSIDES):
        return
    for child in widget.children():
        if isinstance(child, QWidget) and child.isVisibleTo(widget) and not child.isWindow():
            yield from _lines(child, depth + 1)


def _facts(widget: QWidget) -> Iterator[str]:
    yield type(widget).__name__
    name = widget.objectName()
    yield "" if name.startswith("qt_") or not name else f"#{name}"
    yield repr(words) if (words := _words(widget)) else ""
    yield "" if widget.isEnabled() else "disabled"
    yield "checked" if isinstance(widget, QAbstractButton) and widget.isChecked() else ""
    yield f"name={widget.accessibleName()!r}" if widget.accessibleName() else ""
    yield f"description={widget.accessibleDescription()!r}" if widget.accessibleDescription() else ""


def _words(widget: QWidget) -> str:
    match widget:
        case ElidedLabel():
            return ""  # how much of its name there is room for depends on the font
        case QLabel() | QAbstractButton():
            return widget.text()
        case QComboBox() if widget.isEditable():
            return f"[{widget.currentText()}] of {widget.count()}"
        case QComboBox():
            return " | ".join(_entries(widget))
        case QLineEdit() | QPlainTextEdit():
            text = widget.text() if isinstance(widget, QLineEdit) else widget.toPlainText()
            return text or f"({widget.placeholderText()})"
        case QSlider():
            return str(widget.value())
        case _:
            return ""


def _entries(picker: QComboBox) -> Iterator[str]:
    for at in range(picker.count()):
        yield f"[{picker.itemText(at)}]" if at == picker.currentIndex() else picker.itemText(at)
