"""The window, its session thread, and what connects them."""

import logging
from collections.abc import Callable

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QApplication

from app.assembly.border import Border
from app.assembly.first_paint import FirstPaint
from app.assembly.intents import WindowIntents
from app.assembly.leaving import leave_without_tidying
from app.assembly.memory import one_arena
from app.assembly.session_thread import SessionThread
from app.assembly.signals import on_termination
from app.conversation.troubles import Notice, notice_of
from app.ui.identity import introduce
from app.ui.presence import Presence
from app.ui.store import Store
from app.ui.window import MainWindow
from app.vault.places import Places
from app.vault.preferences import load

log = logging.getLogger("parlance.assembly")


def run(application: QApplication, places: Places, *, hidden: bool) -> int:
    """Build the window and stay until it is closed; the exit code."""
    settings, broken = load(places.settings_file)
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
    # The session's libraries load in its own thread, but share Python's lock with whatever paints.
    FirstPaint(window, lambda: _begin(session))
    presence.begin(hidden=hidden)
    log.info("- window open")
    application.exec()
    # Qt leaves its loop by itself when the system ends the application.
    session.finish()
    session.wait()
    restore_signals()
    log.info("- window closed")
    return 1 if session.failed else 0


def _begin(session: SessionThread) -> None:
    one_arena()
    leave_without_tidying()
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


def _left(state: Qt.ApplicationState, intents: WindowIntents) -> None:
    if state is not Qt.ApplicationState.ApplicationActive:
        intents.left()


def _notify(store: Store, title: str, words: str) -> None:
    store.show_notice(Notice(title, words, is_trouble=False))
    for window in QApplication.topLevelWidgets():
        QApplication.alert(window)


def _open_page(url: str) -> None:
    QDesktopServices.openUrl(QUrl(url))
