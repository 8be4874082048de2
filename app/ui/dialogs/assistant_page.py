"""What the assistant is told and how it answers, how words are written down, and the colours of the window."""

from dataclasses import replace

from PySide6.QtWidgets import QLineEdit, QPlainTextEdit, QWidget

from app.conversation.settings import Effort, Settings, Theme
from app.realtime.choices import Modality, RetentionRatio, TruncationMode
from app.ui.dialogs.check_box import CheckBox
from app.ui.dialogs.form import Field, Page, Picker
from app.ui.dialogs.more import More
from app.ui.dialogs.numbers import DecimalBox, WholeBox

_THEMES: list[tuple[str, object]] = [
    ("Like the system", Theme.SYSTEM), ("Light", Theme.LIGHT), ("Dark", Theme.DARK),
]  # fmt: skip
_MODALITIES: list[tuple[str, object]] = [("By voice", Modality.AUDIO), ("In writing only", Modality.TEXT)]
_EFFORTS: list[tuple[str, object]] = [
    ("As the model likes", Effort.UNSAID),
    ("Hardly at all", Effort.MINIMAL),
    ("A little", Effort.LOW),
    ("Some", Effort.MEDIUM),
    ("Much", Effort.HIGH),
    ("As much as it can", Effort.XHIGH),
]
_KEEPS_A_SHARE = "share"
_TRUNCATIONS: list[tuple[str, object]] = [
    ("Forget the oldest", TruncationMode.AUTO),
    ("Forget more at once", _KEEPS_A_SHARE),
    ("End with an error", TruncationMode.DISABLED),
]
_USUAL_SHARE = 80
_MOST_TOKENS = 4096


class AssistantPage(Page):
    """Edits instructions, answers and transcription."""

    def __init__(self, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._instructions = QPlainTextEdit(settings.instructions, self)
        self._instructions.setObjectName("settingsInstructions")
        self._instructions.setPlaceholderText("Be brief. Speak plainly. …")
        self._instructions.setTabChangesFocus(True)
        self._instructions.setFixedHeight(120)
        self._modality = Picker("settingsModality", _MODALITIES, self)
        self._modality.choose(settings.output_modality)
        self._speed = DecimalBox("settingsSpeed", settings.speed, (0.25, 1.5), self, step=0.05, unit=" ×")
        self._language = QLineEdit(settings.transcription_language, self)
        self._language.setObjectName("settingsTranscriptionLanguage")
        self._language.setPlaceholderText("Any")
        self._restores = CheckBox("Go on where we were after a break", "settingsRestore", self)
        self._restores.setChecked(settings.restore_context)
        self._more = More(
            "settingsAssistantMore", self
        )  # from here on: what it folds away, in the order of the Tab key
        self._model = QLineEdit(settings.transcription_model, self)
        self._model.setObjectName("settingsTranscriptionModel")
        self._effort = Picker("settingsEffort", _EFFORTS, self)
        self._effort.choose(settings.reasoning_effort)
        limit = 0 if settings.max_output_tokens == "inf" else settings.max_output_tokens
        self._tokens = WholeBox("settingsTokens", limit, _MOST_TOKENS, self, step=256, nothing="No limit")
        self._truncation = Picker("settingsTruncation", _TRUNCATIONS, self)
        self._share = WholeBox("settingsShare", _USUAL_SHARE, 100, self, step=5, unit=" %")
        self._show_truncation(settings)
        self._lay_out()
        self._truncation.currentIndexChanged.connect(self._show_what_matters)
        self._modality.currentIndexChanged.connect(self._show_what_matters)
        self._show_what_matters()

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
            output_modality=self._modality.currentData(),
            speed=self._speed.told(),
            transcription_model=self._model.text().strip(),
            transcription_language=language,
            restore_context=self._restores.isChecked(),
            reasoning_effort=self._effort.currentData(),
            max_output_tokens=self._tokens.value() or "inf",
            truncation=self._chosen_truncation(settings),
        )

    def _lay_out(self) -> None:
        self._language_field = Field(
            "My language", self._language, "Two letters, such as en or de. Empty lets the server find out.", self
        )
        self._speed_field = Field("How fast it speaks", self._speed, parent=self)
        self._share_field = Field("How much is kept then", self._share, parent=self)
        effort = Field(
            "How long it thinks first", self._effort, "Only models that reason follow this; it costs time.", self
        )
        tokens = Field("Longest answer, in tokens", self._tokens, "A second of speech is 20 tokens.", self)
        truncation = Field("When a conversation gets too long", self._truncation, parent=self)
        self.about = {
            "The speed": self._speed_field, "output tokens": tokens, "reasoning effort": effort,
            "retention ratio": self._share_field,
        }  # fmt: skip
        self.add(
            Field("Instructions", self._instructions, "What the assistant should know and how it should talk.", self),
            Field("It answers", self._modality, parent=self),
            self._speed_field,
            self._language_field,
            Field("", self._restores, "A new call is told what was said in the one before.", self),
        )
        self._more.add(
            Field("Model that writes my words down", self._model, "Empty leaves my words unwritten.", self),
            effort,
            tokens,
            truncation,
            self._share_field,
        )
        self.add(self._more)

    def _show_truncation(self, settings: Settings) -> None:
        if isinstance(settings.truncation, RetentionRatio):
            self._truncation.choose(_KEEPS_A_SHARE)
            self._share.setValue(round(settings.truncation.retention_ratio * 100))
        else:
            self._truncation.choose(settings.truncation)

    def _chosen_truncation(self, settings: Settings) -> TruncationMode | RetentionRatio:
        chosen = self._truncation.currentData()
        if isinstance(chosen, TruncationMode):
            return chosen
        before, percent = settings.truncation, self._share.value()
        is_same = isinstance(before, RetentionRatio) and round(before.retention_ratio * 100) == percent
        return before if is_same else RetentionRatio(percent / 100)

    def _show_what_matters(self) -> None:
        self._share_field.setVisible(self._truncation.currentData() == _KEEPS_A_SHARE)
        self._speed_field.setVisible(self._modality.currentData() is Modality.AUDIO)


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
