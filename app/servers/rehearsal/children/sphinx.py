"""The recogniser's process: pocketsphinx with a grammar. It holds the interpreter's lock while it decodes."""

import base64
from typing import Any

from app.servers.rehearsal.children.serving import serve

_GRAMMAR = "skills"


class _Sphinx:
    def __init__(self) -> None:
        self._decoder: Any = None

    def answer(self, question: dict[str, Any]) -> dict[str, Any]:
        if "grammar" in question:
            return self._open(question["grammar"])
        return {"text": self._recognise(base64.b64decode(question["audio"]))}

    def _open(self, grammar: str) -> dict[str, Any]:
        try:
            import pocketsphinx
        except ImportError:
            return {"missing": "pocketsphinx is not installed: it has no wheel for this version of Python"}
        self._decoder = pocketsphinx.Decoder(samprate=16_000, lm=None, loglevel="FATAL")
        self._decoder.add_jsgf_string(_GRAMMAR, grammar)
        self._decoder.activate_search(_GRAMMAR)
        return {}

    def _recognise(self, audio: bytes) -> str:
        self._decoder.start_utt()
        self._decoder.process_raw(audio, False, True)
        self._decoder.end_utt()
        hypothesis = self._decoder.hyp()
        return str(hypothesis.hypstr) if hypothesis else ""


if __name__ == "__main__":
    serve(_Sphinx().answer)
