"""The recogniser's process: pocketsphinx with a grammar. It holds the interpreter's lock while it decodes."""

import base64
import os
import re
import tempfile
from collections.abc import Iterable, Iterator
from typing import Any, Final

from app.servers.rehearsal.children.serving import serve

_RATE_HZ: Final = 16_000
_WORD_PENALTY: Final = 0.02
"""What a further word costs. Measured with six synthetic voices: at the usual 0.65 every other phrase comes out as mere
sounds, at 0.005 every other unknown sentence as a phrase."""
_BRIEF_SOUNDS: Final = range(3, 12)
"""How many sounds a brief phrase has; a grunt or noise has fewer, a sentence more."""
_FLAPPED: Final = re.compile(r"^(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)\b.*T IY$")


class _Sphinx:
    def __init__(self) -> None:
        self._decoder: Any = None
        self._sounds: frozenset[str] = frozenset()

    def answer(self, question: dict[str, Any]) -> dict[str, Any]:
        if "grammars" in question:
            return self._open(question["grammars"], question["words"], question["sounds"])
        return {"text": self._recognise(base64.b64decode(question["audio"]))}

    def _open(self, grammars: dict[str, str], words: list[str], sounds: dict[str, str]) -> dict[str, Any]:
        try:
            import pocketsphinx
        except ImportError:
            return {"missing": "pocketsphinx is not installed: it has no wheel for this version of Python"}
        with open(pocketsphinx.get_model_path("en-us/cmudict-en-us.dict"), encoding="utf-8") as file:
            lines = [*_pronounced(file, frozenset(words)), *(f"{sound} {phone}\n" for sound, phone in sounds.items())]
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "words.dict")
            with open(path, "w", encoding="utf-8") as file:
                file.writelines(lines)
            options = {"wip": _WORD_PENALTY, "bestpath": False, "loglevel": "FATAL"}
            self._decoder = pocketsphinx.Decoder(samprate=_RATE_HZ, lm=None, dict=path, **options)
        self._sounds = frozenset(sounds)
        for name, grammar in grammars.items():
            self._decoder.add_jsgf_string(name, grammar)
        return {}

    def _recognise(self, audio: bytes) -> str:
        """The text of the whole grammar; if that is mere sounds, of the brief phrases, which they easily outbid."""
        text = self._decoded("all", audio)
        words = text.split()
        if self._sounds.isdisjoint(words):
            return text
        return self._decoded("brief", audio) if len(words) in _BRIEF_SOUNDS else ""

    def _decoded(self, grammar: str, audio: bytes) -> str:
        self._decoder.activate_search(grammar)
        self._decoder.start_utt()
        self._decoder.process_raw(audio, False, True)
        self._decoder.end_utt()
        hypothesis = self._decoder.hyp()
        return str(hypothesis.hypstr) if hypothesis else ""


def _pronounced(dictionary: Iterable[str], words: frozenset[str]) -> Iterator[str]:
    """The lines of the dictionary for these words.

    Tens are said with a soft d ("seven-dee"); without their variant with a t, "seventeen" is not taken for "seventy".
    """
    for line in dictionary:
        if re.split(r"[ (]", line, maxsplit=1)[0] in words:
            yield line[:-5] + "D IY\n" if _FLAPPED.match(line.rstrip()) else line


if __name__ == "__main__":
    serve(_Sphinx().answer)
