"""What the assistant is told, how words are written down, and the colours of the window."""

from dataclasses import replace

from PySide6.QtWidgets import QLineEdit, QPlainTextEdit, QWidget

from app.conversation.settings import Settings, Theme
from app.ui.dialogs.form import Field, Page, Picker

_THEMES: list[tuple[str, object]] = [
    ("Like the system", Theme.SYSTEM), ("Light", Theme.LIGHT), ("Dark", Theme.DARK),
]  # fmt: skip


class AssistantPage(Page):
    """Edits instructions and transcription."""

    def __init__(self, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._instructions = QPlainTextEdit(settings.instructions, self)
        self._instructions.setObjectName("settingsInstructions")
        self._instructions.setPlaceholderText("Be brief. Speak plainly. …")
        self._instructions.setTabChangesFocus(True)
        self._instructions.setFixedHeight(120)
        self._model = QLineEdit(settings.transcription_model, self)
        self._model.setObjectName("settingsTranscriptionModel")
        self._language = QLineEdit(settings.transcription_language, self)
        self._language.setObjectName("settingsTranscriptionLanguage")
        self._language.setPlaceholderText("Any")
        self._language_field = Field(
            "My language", self._language, "Two letters, such as en or de. Empty lets the server find out.", self
        )
        self.add(
            Field("Instructions", self._instructions, "What the assistant should know and how it should talk.", self),
            Field("Model that writes my words down", self._model, "Empty leaves my words unwritten.", self),
            self._language_field,
        )

    def apply(self, settings: Settings) -> Settings | None:
        """The settings with what stands here; None, with words beside the field, when something is wrong."""
        language = self._language.text().strip().lower()
        is_right = not language or (language.isalpha() and language.isascii() and len(language) in (2, 3))
        self._language_field.complain("" if is_right else "Write two or three letters, such as en.")
        if not is_right:
            return None
        return replace(
            settings,
            instructions=self._instructions.toPlainText().strip(),
            transcription_model=self._model.text().strip(),
            transcription_language=language,
        )


class LookPage(Page):
    """Edits the theme."""

    def __init__(self, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = Picker("settingsTheme", _THEMES, self)
        self._theme.choose(settings.theme)
        self.add(Field("Colours", self._theme, "High contrast follows the system.", self))

    def apply(self, settings: Settings) -> Settings:
        """The settings with what stands here."""
        return replace(settings, theme=self._theme.currentData())
