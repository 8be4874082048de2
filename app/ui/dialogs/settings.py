"""The settings, in six pages."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QButtonGroup,
    QDialog,
    QHBoxLayout,
    QPushButton,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.conversation.plan import plan_of
from app.conversation.settings import Settings
from app.ui.dialogs.assistant_page import AssistantPage, LookPage
from app.ui.dialogs.form import Page
from app.ui.dialogs.key_page import KeyPage
from app.ui.dialogs.limits_page import LimitsPage
from app.ui.dialogs.server_page import ServerPage
from app.ui.dialogs.turns_page import TurnsPage
from app.ui.intents import Intents
from app.ui.store import Store


class SettingsDialog(QDialog):
    """Works on a copy; Save turns it into one intent, anything else leaves all as it was.

    What the rest of the window changes meanwhile (devices, mute, volume) is kept: the pages are applied to the
    settings that are in force when Save is pressed.
    """

    def __init__(self, store: Store, intents: Intents, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._store = store
        self._intents = intents
        self.setObjectName("settingsDialog")
        self.setWindowTitle("Settings")
        self.setMinimumSize(412, 400)
        self.resize(420, 680)
        self._server = ServerPage(store.settings, store.credentials, self)
        self._server.forget_wanted.connect(intents.forget_credential)
        self._pages: dict[str, Page] = {
            "Server": self._server,
            "Turns": TurnsPage(store.settings, self),
            "Key": self._key_page(),
            "Assistant": AssistantPage(store.settings, self),
            "Limits": LimitsPage(store.settings, self),
            "Look": LookPage(store.settings, self),
        }
        self._stack = QStackedWidget(self)
        self._tabs = QButtonGroup(self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._tab_row())
        layout.addWidget(self._stack, 1)
        layout.addWidget(self._foot())
        self._tabs.idToggled.connect(self._show_page)
        self._turn_to(self._server)

    def _key_page(self) -> KeyPage:
        page = KeyPage(self._store.settings, self._store.key_report, self)
        self._store.key_report_changed.connect(page.show_report)
        return page

    def _tab_row(self) -> QWidget:
        row = QWidget(self)
        row.setObjectName("tabs")
        row.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        layout = QHBoxLayout(row)
        layout.setContentsMargins(8, 10, 8, 10)
        layout.setSpacing(2)
        for number, (name, page) in enumerate(self._pages.items()):
            tab = QToolButton(row)
            tab.setText(name)
            tab.setObjectName(f"settingsTab{name}")
            tab.setCheckable(True)
            tab.setProperty("kind", "tab")
            tab.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            self._tabs.addButton(tab, number)
            self._stack.addWidget(page)
            layout.addWidget(tab)
        layout.addStretch(1)
        return row

    def _foot(self) -> QWidget:
        foot = QWidget(self)
        foot.setObjectName("foot")
        foot.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        cancel = QPushButton("Cancel", foot)
        cancel.setObjectName("settingsCancel")
        cancel.setAutoDefault(False)
        cancel.clicked.connect(self.reject)
        save = QPushButton("Save", foot)
        save.setObjectName("settingsSave")
        save.setProperty("kind", "primary")
        save.setDefault(True)
        save.clicked.connect(self._save)
        layout = QHBoxLayout(foot)
        layout.setContentsMargins(20, 12, 20, 12)
        layout.setSpacing(8)
        layout.addStretch(1)
        layout.addWidget(cancel)
        layout.addWidget(save)
        return foot

    def _show_page(self, number: int, is_chosen: bool) -> None:
        if is_chosen:
            self._stack.setCurrentIndex(number)

    def _turn_to(self, page: Page) -> None:
        self._tabs.button(self._stack.indexOf(page)).setChecked(True)

    def _save(self) -> None:
        settings = self._store.settings
        for page in self._pages.values():
            applied = page.apply(settings)
            if applied is None:
                self._turn_to(page)
                return
            settings = applied
        if self._has_problems(settings):
            return
        self._intents.save_settings(settings, self._server.credential)
        self.accept()

    def _has_problems(self, settings: Settings) -> bool:
        """What no server would take is said beside its field."""
        problems = plan_of(settings, settings.active_profile).problems
        for page in self._pages.values():
            page.forgive()
        wrong = [page for page in self._pages.values() for problem in problems if page.complain_about(problem)]
        if wrong:
            self._turn_to(wrong[0])
        return bool(wrong)
