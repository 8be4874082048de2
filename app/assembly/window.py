"""``main.py``: the window, its session thread, and what connects them."""

import logging
import sys
import traceback
from collections.abc import Callable
from dataclasses import replace
from types import TracebackType
from typing import Final

from PySide6.QtCore import Qt, QTimer, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QApplication

from app.assembly.border import Border
from app.assembly.memory import one_arena
from app.assembly.one_window import be_the_one
from app.assembly.session_thread import SessionThread
from app.assembly.signals import on_termination
from app.audio.catalog import Choice, Device, Direction
from app.conversation import happenings as did
from app.conversation.admission import Secret
from app.conversation.settings import Settings
from app.conversation.sound_check import Deed
from app.conversation.talk_modes import Source
from app.conversation.troubles import Notice, notice_of
from app.ui.identity import introduce
from app.ui.presence import Presence
from app.ui.store import Store
from app.ui.window import MainWindow
from app.vault.journal import open_journal
from app.vault.places import Places
from app.vault.preferences import load

log = logging.getLogger("parlance.assembly")


def run_window(*, verbose: bool, hidden: bool = False) -> int:
    """Open the window and stay until it is closed; the exit code."""
    places = Places.here()
    open_journal(places.log_folder, verbose=verbose)
    sys.excepthook = _report
    instance = be_the_one(places.runtime_folder)
    if isinstance(instance, int):
        return instance
    settings, broken = load(places.settings_file)
    application = QApplication(sys.argv)
    introduce(application)
    border = Border()
    session = SessionThread(places, settings, border)
    store = Store()
    store.show_settings(settings)
    if broken is not None:
        store.show_notice(notice_of(broken))
    intents = WindowIntents(session, store)
    window = MainWindow(store, intents, session.levels)
    application.applicationStateChanged.connect(lambda state: _left(state, intents))
    _connect(border, store)
    border.shown.connect(window.come_forward)
    session.finished.connect(application.quit)
    presence = Presence(window, store, intents, session.levels)
    presence.ended.connect(session.finish)
    presence.news.connect(lambda title, words: session.post(lambda there: there.notify(title, words)))
    border.balloon.connect(presence.tray.tell)
    restore_signals = on_termination(presence.end)
    presence.begin(hidden=hidden)
    # The session's libraries load in its own thread, and only once the window has been painted.
    QTimer.singleShot(0, lambda: _begin(session))
    log.info("- window open")
    application.exec()
    # Qt leaves its loop by itself when the display goes away under the window.
    session.finish()
    session.wait()
    restore_signals()
    if instance is not None:
        instance.release()
    log.info("- window closed")
    return 1 if session.failed else 0


def _begin(session: SessionThread) -> None:
    one_arena()
    session.start()


def _connect(border: Border, store: Store) -> None:
    border.view.connect(store.show_view)
    border.catalog.connect(store.show_catalog)
    border.choices.connect(store.show_choices)
    border.settings.connect(store.show_settings)
    border.credentials.connect(store.show_credentials)
    border.notice.connect(store.show_notice)
    border.notification.connect(lambda title, words: _notify(store, title, words))
    border.page.connect(_open_page)
    border.key_report.connect(store.show_key_report)
    border.sound_check.connect(store.show_sound_check)
    border.work.connect(_run)


def _run(work: Callable[[], None]) -> None:
    work()


def _left(state: Qt.ApplicationState, intents: "WindowIntents") -> None:
    if state is not Qt.ApplicationState.ApplicationActive:
        intents.left()


def _notify(store: Store, title: str, words: str) -> None:
    store.show_notice(Notice(title, words, is_trouble=False))
    for window in QApplication.topLevelWidgets():
        QApplication.alert(window)


def _open_page(url: str) -> None:
    QDesktopServices.openUrl(QUrl(url))


def _report(kind: type[BaseException], bug: BaseException, trace: TracebackType | None) -> None:
    """The one door for bugs: the journal, which blanks secrets, and a word on standard error."""
    log.error("x bug\n%s", "".join(traceback.format_exception(kind, bug, trace)))
    print(f"Parlance made a mistake ({kind.__name__}); the log tells where.", file=sys.stderr)


class WindowIntents:
    """What a person wants from the window, posted to the session. GUI thread."""

    def __init__(self, session: SessionThread, store: Store) -> None:
        self._session: Final = session
        self._store: Final = store

    def connect(self) -> None:
        """Start a conversation with the active profile."""
        self._tell(did.ConnectRequested())

    def disconnect(self) -> None:
        """Hang up, or stop connecting."""
        self._tell(did.DisconnectRequested())

    def talk_down(self) -> None:
        """The talk key or button went down."""
        self._session.post(lambda session: session.talking.press(Source.WINDOW))

    def talk_up(self) -> None:
        """The talk key or button was let go."""
        self._session.post(lambda session: session.talking.release(Source.WINDOW))

    def left(self) -> None:
        """Another program has the keyboard now."""
        self._session.post(lambda session: session.talking.lose(Source.WINDOW))

    def interrupt(self) -> None:
        """Stop what the assistant is saying."""
        self._tell(did.InterruptRequested())

    def set_muted(self, muted: bool) -> None:
        """Close or open the microphone."""
        self._tell(did.MuteChosen(muted))

    def send_text(self, text: str) -> None:
        """Say something in writing."""
        self._session.post(lambda session: session.send_text(text))

    def send_picture(self, data_uri: str, text: str) -> None:
        """Show the assistant a picture, with or without words."""
        self._session.post(lambda session: session.send_picture(data_uri, text))

    def answer_question(self, id: str, yes: bool) -> None:
        """Decide what a function of the model asked."""
        self._session.post(lambda session: session.answer_question(id, yes))

    def begin_anew(self) -> None:
        """Forget what was said; only while not connected."""
        self._tell(did.NewConversationBegun())

    def pick(self, direction: Direction, device: Device | None) -> None:
        """Use this device; None is "System default"."""
        choice = Choice() if device is None else Choice(device.id, device.name, kind=device.kind)
        self._session.post(lambda session: session.pick(direction, choice))

    def set_volume(self, volume: float) -> None:
        """Loudness of the assistant."""
        self._use(replace(self._store.settings, output_volume=volume))

    def pick_profile(self, name: str) -> None:
        """Make this profile the active one."""
        self._use(replace(self._store.settings, profile=name))

    def save_settings(self, settings: Settings, credential: Secret | None) -> None:
        """Keep these settings, and a credential for their active profile."""
        self._use(settings)
        if credential is not None:
            self._session.post(lambda session: session.keep_credential(settings, credential))

    def forget_credential(self, profile_name: str) -> None:
        """Remove the stored credential of this profile."""
        self._session.post(lambda session: session.forget_credential(profile_name))

    def dismiss_notice(self) -> None:
        """The notice of the conversation was read."""
        self._tell(did.NoticeDismissed())

    def rescan_devices(self) -> None:
        """Look for devices now."""
        self._session.post(lambda session: session.conductor.scan_devices())

    def check_sound(self, deed: Deed) -> None:
        """Try the devices."""
        self._session.post(lambda session: session.check_sound(deed))

    def _tell(self, happening: did.Happening) -> None:
        self._session.post(lambda session: session.did(happening))

    def _use(self, settings: Settings) -> None:
        self._session.post(lambda session: session.use_settings(settings))
