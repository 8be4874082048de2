"""What the window knows. State comes down through the slots; widgets listen to the signals."""

from PySide6.QtCore import QObject, Signal, Slot

from app.audio.catalog import Catalog, Choice
from app.conversation.settings import Settings
from app.conversation.shortcuts import KeyReport
from app.conversation.sound_check import SoundCheckView
from app.conversation.troubles import Notice
from app.conversation.view import Question, View
from app.ui.transcript.model import TranscriptModel


class Store(QObject):
    """Driven from above by the ``show_…`` slots, on the GUI thread; a signal is sent on true change only.

    Signals:
        view_changed(View): anything but the rows, which go to ``transcript``.
        devices_changed(): ``catalog``, ``microphone`` or ``speaker``.
        settings_changed(Settings)
        credentials_changed(): ``credentials``.
        notice_changed(): ``notice``.
        question_changed(): ``question``.
        key_report_changed(KeyReport)
        sound_check_changed(SoundCheckView): each one, for the same may have been done twice.
    """

    view_changed = Signal(object)
    devices_changed = Signal()
    settings_changed = Signal(object)
    credentials_changed = Signal()
    notice_changed = Signal()
    question_changed = Signal()
    key_report_changed = Signal(object)
    sound_check_changed = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.transcript = TranscriptModel(self)
        self.view = View()
        self.catalog = Catalog()
        self.microphone = Choice()
        self.speaker = Choice()
        self.settings = Settings()
        self.credentials: frozenset[str] = frozenset()
        """Names of the profiles that have a stored credential."""
        self.key_report = KeyReport()
        self.sound_check = SoundCheckView()
        self.local_notice: Notice | None = None
        self.local_question: Question | None = None

    @property
    def notice(self) -> Notice | None:
        """The one notice to show: the conversation's before a local one."""
        return self.view.notice or self.local_notice

    @property
    def question(self) -> Question | None:
        """The one question to show: the conversation's before the window's own."""
        return self.view.question or self.local_question

    @Slot(object)
    def show_view(self, view: View) -> None:
        """What the window shows of the conversation."""
        before, self.view = self.view, view
        if _without_rows(before) != _without_rows(view):
            self.view_changed.emit(view)
        if before.notice != view.notice:
            self.notice_changed.emit()
        if before.question != view.question:
            self.question_changed.emit()
        if before.rows is not view.rows:
            self.transcript.show(view.rows)

    @Slot(object)
    def show_catalog(self, catalog: Catalog) -> None:
        """The devices that are there."""
        if catalog != self.catalog:
            self.catalog = catalog
            self.devices_changed.emit()

    @Slot(object, object)
    def show_choices(self, microphone: Choice, speaker: Choice) -> None:
        """The devices that are chosen."""
        if (microphone, speaker) != (self.microphone, self.speaker):
            self.microphone, self.speaker = microphone, speaker
            self.devices_changed.emit()

    @Slot(object)
    def show_settings(self, settings: Settings) -> None:
        """The settings in force."""
        if settings != self.settings:
            self.settings = settings
            self.settings_changed.emit(settings)

    @Slot(object)
    def show_credentials(self, profile_names: frozenset[str]) -> None:
        """The profiles that have a stored credential."""
        if profile_names != self.credentials:
            self.credentials = profile_names
            self.credentials_changed.emit()

    @Slot(object)
    def show_notice(self, notice: Notice | None) -> None:
        """A notice that is not the conversation's, such as trouble with saving."""
        if notice != self.local_notice:
            self.local_notice = notice
            self.notice_changed.emit()

    @Slot(object)
    def show_question(self, question: Question | None) -> None:
        """A question that is the window's own."""
        if question != self.local_question:
            self.local_question = question
            self.question_changed.emit()

    @Slot(object)
    def show_key_report(self, report: KeyReport) -> None:
        """What is known of the key that works in every window."""
        if report != self.key_report:
            self.key_report = report
            self.key_report_changed.emit(report)

    @Slot(object)
    def show_sound_check(self, view: SoundCheckView) -> None:
        """How the sound check stands."""
        self.sound_check = view
        self.sound_check_changed.emit(view)


def _without_rows(view: View) -> tuple[object, ...]:
    """Nor what has a signal of its own."""
    return (
        view.look, view.status, view.hint, view.push_to_talk, view.muted, view.can_type, view.cost_usd, view.tokens
    )  # fmt: skip
