"""How long an empty room is listened to, and how much a conversation may cost."""

from dataclasses import replace

from PySide6.QtWidgets import QWidget

from app.conversation.settings import Settings
from app.ui.dialogs.form import Field, Page, Picker
from app.ui.dialogs.more import More
from app.ui.dialogs.numbers import DecimalBox
from app.ui.dialogs.price_table import PriceTable

_IDLE_S = (60, 120, 300, 600, 1800, 3600)
_MOST_USD = 1_000_000.0


class LimitsPage(Page):
    """Edits the idle hang-up, the cost cap and the price list."""

    def __init__(self, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        usual: list[tuple[str, object]] = [("Never", 0)]
        waits = sorted({*_IDLE_S, settings.idle_hang_up_s} - {0})
        self._idle = Picker("settingsIdleHangUp", [*usual, *((_duration(wait), wait) for wait in waits)], self)
        self._idle.choose(settings.idle_hang_up_s)
        self._cap = DecimalBox(
            "settingsCostCap", settings.cost_cap_usd, (0.0, _MOST_USD), self, step=0.5, unit=" $", nothing="No limit"
        )
        more = More("settingsLimitsMore", self)
        self._prices = PriceTable(settings.prices, settings.active_profile.model, self)
        self.add(
            Field("Hang up after silence", self._idle, "Half a minute before, the window asks.", self),
            Field("Hang up at a cost of", self._cap, "Works for models whose price is known.", self),
        )
        more.add(self._prices)
        self.add(more)

    def apply(self, settings: Settings) -> Settings | None:
        """The settings with what stands here; None, with words beside the field, when something is wrong."""
        prices = self._prices.told()
        if prices is None:
            self.reveal(self._prices)
            return None
        return replace(settings, idle_hang_up_s=self._idle.currentData(), cost_cap_usd=self._cap.told(), prices=prices)


def _duration(seconds: int) -> str:
    if seconds % 3600 == 0:
        return "1 hour" if seconds == 3600 else f"{seconds // 3600} hours"
    if seconds % 60 == 0:
        return "1 minute" if seconds == 60 else f"{seconds // 60} minutes"
    return f"{seconds} seconds"
