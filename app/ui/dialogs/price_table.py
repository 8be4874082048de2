"""The price list, one model at a time."""

from collections.abc import Mapping

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from app.conversation.prices import PRICES, Price
from app.ui.dialogs.checks import model_trouble
from app.ui.dialogs.form import Field, Picker, small_words
from app.ui.dialogs.numbers import DecimalBox

_MOST_USD = 1_000_000.0
_COLUMNS = ("In", "Cached", "Out")
_ROWS = {"Text": ("text_in", "text_in_cached", "text_out"), "Sound": ("audio_in", "audio_in_cached", "audio_out")}
_MINUTE = "transcription_minute"


class PriceTable(QWidget):
    """Edits what models cost. Those that come with the app can be changed, others also be taken out."""

    def __init__(self, prices: Mapping[str, Price], model: str, parent: QWidget) -> None:
        super().__init__(parent)
        self._prices = {**PRICES, **prices}
        self._missing = model
        self._name = model if model in self._prices else next(iter(self._prices))
        self._which = Picker("settingsPriceModel", [], self)
        self._add = QPushButton("New", self)
        self._add.setObjectName("settingsNewPrice")
        self._add.setAutoDefault(False)
        self._remove = QPushButton("Remove", self)
        self._remove.setObjectName("settingsRemovePrice")
        self._remove.setAutoDefault(False)
        self._model = QLineEdit(self)
        self._model.setObjectName("settingsPriceName")
        self._model_field = Field("Name of the model", self._model, parent=self)
        self._boxes = {
            name: DecimalBox(f"settingsPrice-{name}", 0.0, (0.0, _MOST_USD), self, step=0.1, decimals=4)
            for name in (*_ROWS["Text"], *_ROWS["Sound"], _MINUTE)
        }
        self._lay_out()
        self._which.activated.connect(self._switch)
        self._add.clicked.connect(self._make_new)
        self._remove.clicked.connect(self._drop)
        self._list()

    def told(self) -> dict[str, Price] | None:
        """The list; None, with words beside the field, when a name is wrong."""
        return self._prices if self._keep() else None

    def _lay_out(self) -> None:
        which = QHBoxLayout()
        which.setSpacing(8)
        which.addWidget(Field("Prices of", self._which, parent=self), 1)
        for button in (self._add, self._remove):
            which.addWidget(button, 0, Qt.AlignmentFlag.AlignBottom)
        grid = QGridLayout()
        grid.setSpacing(8)
        for column, words in enumerate(_COLUMNS, 1):
            grid.addWidget(small_words(words, "caption", self), 0, column)
            grid.setColumnStretch(column, 1)
        for row, (kind, names) in enumerate(_ROWS.items(), 1):
            grid.addWidget(QLabel(kind, self), row, 0)
            for column, name in enumerate(names, 1):
                self._boxes[name].set_plain()
                self._boxes[name].setAccessibleName(f"{kind}, {_COLUMNS[column - 1].lower()}, dollars per million")
                grid.addWidget(self._boxes[name], row, column)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(10)
        layout.addLayout(which)
        layout.addWidget(self._model_field)
        layout.addLayout(grid)
        unit = "US dollars for a million tokens. Look them up: price lists change."
        layout.addWidget(small_words(unit, "caption", self))
        self._boxes[_MINUTE].set_plain()
        layout.addWidget(Field("A minute of my words written down, in dollars", self._boxes[_MINUTE], parent=self))

    def _list(self) -> None:
        with QSignalBlocker(self._which):
            self._which.clear()
            for name in self._prices:
                self._which.addItem(name, name)
            self._which.choose(self._name)
        price = self._prices.get(self._name, Price())
        for name, box in self._boxes.items():
            box.tell(getattr(price, name))
        self._model.setText(self._name)
        is_own = self._name not in PRICES
        self._model_field.complain("")
        self._model_field.setVisible(is_own)
        self._remove.setEnabled(is_own)

    def _keep(self) -> bool:
        """Take what stands in the boxes into the list, under the name that stands there; says whether that is right."""
        name = self._name if self._name in PRICES else self._model.text().strip()
        others = [other for other in self._prices if other != self._name]
        words = model_trouble(name) or ("This model has its prices already." if name in others else "")
        self._model_field.complain(words)
        if words:
            return False
        price = Price(**{field: box.told() for field, box in self._boxes.items()})
        self._prices = {name if old == self._name else old: price if old == self._name else kept
                        for old, kept in self._prices.items()}  # fmt: skip
        self._name = name
        return True

    def _switch(self) -> None:
        before, wanted = self._name, self._which.currentData()
        if not self._keep():
            self._which.choose(before)
        elif wanted != before:
            self._name = wanted
            self._list()

    def _make_new(self) -> None:
        if self._keep():
            wished = self._missing if self._missing and self._missing not in self._prices else "model"
            free = (f"{wished}-{number}" for number in range(2, len(self._prices) + 3))
            self._name = next(name for name in (wished, *free) if name not in self._prices)
            self._prices[self._name] = Price()
            self._list()
            self._model.setFocus()
            self._model.selectAll()

    def _drop(self) -> None:
        del self._prices[self._name]
        self._name = next(iter(self._prices))
        self._list()
