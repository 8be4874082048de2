"""Writes down what the user said, as far as it is among the things the skills understand."""

import base64
import logging
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from app.servers.rehearsal.children.child import Child, ChildGone
from app.servers.rehearsal.skills.grammar import Grammar

_log = logging.getLogger("parlance.servers")

_MODULE: Final = "app.servers.rehearsal.children.sphinx"
_DEADLINE_S: Final = 8.0
_LONGEST_SAMPLES: Final = 30 * 16_000
"""No phrase of the skills lasts that long; decoding a monologue would only delay the answer."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What was made of a turn."""

    text: str
    understood: bool
    """False: the text is empty, and what was said is not among the things the skills understand."""


_NOTHING: Final = Heard("", understood=False)


class Recogniser:
    """A grammar and the process that listens for it. One event loop only."""

    def __init__(self, grammar: Grammar, deadline_s: float = _DEADLINE_S) -> None:
        self._grammar = grammar
        self._deadline_s = deadline_s
        grammars = {"all": grammar.all, "brief": grammar.brief}
        self._child = Child(_MODULE, {"grammars": grammars, "words": grammar.words, "sounds": grammar.sounds})
        self._told = False

    async def start(self) -> None:
        """Load the model ahead of the first turn; without it the first turn takes longer."""
        try:
            await self._child.start()
        except ChildGone as why:
            _log.warning("x recogniser: %s", why)

    async def recognise(self, speech: NDArray[np.int16]) -> Heard:
        """The words of one turn (16 kHz mono); never raises but for cancellation."""
        audio = base64.b64encode(speech[:_LONGEST_SAMPLES].tobytes()).decode("ascii")
        try:
            await self._child.start()
            if self._is_missing():
                return _NOTHING
            answer = await self._child.ask({"audio": audio}, self._deadline_s)
        except ChildGone as why:
            _log.warning("x recogniser: %s", why)
            return _NOTHING
        text = str(answer["text"])
        # An utterance that breaks off yields half a path through the grammar.
        return Heard(text, understood=True) if self._grammar.matches(text) else _NOTHING

    async def stop(self) -> None:
        """End the process."""
        await self._child.stop()

    def _is_missing(self) -> bool:
        reason = self._child.opened.get("missing")
        if reason and not self._told:
            self._told = True
            _log.warning("x speech cannot be written down: %s", reason)
        return bool(reason)
