"""Dresses the application: Fusion, one palette and one style sheet, both made from the tokens."""

from dataclasses import asdict
from string import Template

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QIcon, QPalette
from PySide6.QtWidgets import QApplication

from app.conversation.settings import Theme
from app.ui.look import icons
from app.ui.look.tokens import DARK, DARK_CONTRAST, LIGHT, LIGHT_CONTRAST, Tokens
from app.ui.resources import ICONS, RESOURCES

TEXT_PX = 14
TEXT_LINE_PX = 20
SMALL_PX = 12
SMALL_LINE_PX = 16

_UNNAMED = {"", "sans", "sans serif", "sans-serif"}
_PLEASANT = ["Inter", "Noto Sans", "Cantarell", "Ubuntu", "DejaVu Sans"]


class Appearance(QObject):
    """Follows the system's colour scheme and contrast, or the theme a person chose.

    Signals:
        changed(): the tokens are others; who paints by hand paints again.
    """

    changed = Signal()

    def __init__(self, application: QApplication, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._application = application
        self._theme = Theme.SYSTEM
        self.tokens = LIGHT
        application.setStyle("Fusion")
        application.setFont(text_font())
        hints = application.styleHints()
        hints.colorSchemeChanged.connect(self._follow)
        hints.accessibility().contrastPreferenceChanged.connect(self._follow)
        self._dress(self._wanted())

    def choose(self, theme: Theme) -> None:
        """Use this theme from now on."""
        self._theme = theme
        self._follow()

    def icon(self, name: str, colour: str = "soft") -> QIcon:
        """An icon in the colour of a token."""
        return icons.icon(name, self.colour(colour))

    def colour(self, token: str) -> str:
        """The colour of a token by name."""
        return str(getattr(self.tokens, token))

    def _follow(self) -> None:
        wanted = self._wanted()
        if wanted is not self.tokens:
            self._dress(wanted)
            self.changed.emit()

    def _wanted(self) -> Tokens:
        hints = self._application.styleHints()
        dark = hints.colorScheme() is Qt.ColorScheme.Dark if self._theme is Theme.SYSTEM else self._theme is Theme.DARK
        if hints.accessibility().contrastPreference() is Qt.ContrastPreference.HighContrast:
            return DARK_CONTRAST if dark else LIGHT_CONTRAST
        return DARK if dark else LIGHT

    def _dress(self, tokens: Tokens) -> None:
        self.tokens = tokens
        self._application.setPalette(palette(tokens))
        self._application.setStyleSheet(style_sheet(tokens))


def text_font(pixels: int = TEXT_PX, weight: QFont.Weight = QFont.Weight.Normal) -> QFont:
    """The system's interface font; where the system names none, the first pleasant one that is installed."""
    system = QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont)
    families = [*_PLEASANT, system.family()] if system.family().lower() in _UNNAMED else [system.family()]
    font = QFont(system)
    font.setFamilies(families)
    font.setPixelSize(pixels)
    font.setWeight(weight)
    return font


def palette(tokens: Tokens) -> QPalette:
    """The tokens as Qt's roles, for what the style sheet does not reach."""
    role = QPalette.ColorRole
    result = QPalette()
    for name, colour in (
        (role.Window, tokens.background),
        (role.WindowText, tokens.text),
        (role.Base, tokens.surface),
        (role.AlternateBase, tokens.background),
        (role.Text, tokens.text),
        (role.Button, tokens.raised),
        (role.ButtonText, tokens.text),
        (role.PlaceholderText, tokens.soft),
        (role.ToolTipBase, tokens.raised),
        (role.ToolTipText, tokens.text),
        (role.Highlight, tokens.accent),
        (role.HighlightedText, tokens.on_accent),
        (role.Accent, tokens.accent),
        (role.Link, tokens.accent),
        (role.BrightText, tokens.live),
    ):
        result.setColor(name, QColor(colour))
    for name in (role.WindowText, role.Text, role.ButtonText):
        result.setColor(QPalette.ColorGroup.Disabled, name, QColor(tokens.soft))
    return result


def style_sheet(tokens: Tokens) -> str:
    """The one style sheet, filled with these tokens."""
    template = Template((RESOURCES / "style.qss").read_text(encoding="utf-8"))
    return template.substitute(asdict(tokens), icons=ICONS.as_posix())
