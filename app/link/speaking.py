"""The assistant's voice on a WebSocket, told as a WebRTC server tells it.

There the server plays the sound and knows what was heard; here that is known on this side alone. So sound is taken out
of the stream of events, ``output_audio_buffer`` events are made up when they become true, and the server is told how
much was heard of what was cut off (PROTOCOL 2.2 and 4.2).
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from app.audio.pcm_playout import Passage, PcmPlayout, Speech
from app.realtime import events as said
from app.realtime.requests import ConversationItemTruncate
from app.realtime.session import SemanticVad, ServerVad

RESPONSES_LIMIT: Final = 16
"""One response at a time and a few beside the conversation; more are a server's that never ends them."""

_Told = said.OutputAudioBufferStarted | said.OutputAudioBufferStopped | said.OutputAudioBufferCleared


@dataclass(slots=True)
class _Response:
    """What is known of one response's voice."""

    speech: Speech
    passages: dict[tuple[str, int], Passage] = field(default_factory=dict)
    """By item and content index, in the order of their coming."""
    odd_byte: bytes = b""
    """Half a sample, if an event ended in one."""
    done: bool = False
    started_told: bool = False
    end_told: bool = False


class Speaking:
    """From the server's events to the playout, and from the playout to events and truncations. Session loop only.

    ``tell`` takes an event for the session, ``truncate`` a request for the server.
    """

    def __init__(
        self,
        playout: PcmPlayout,
        tell: Callable[[_Told], None],
        truncate: Callable[[ConversationItemTruncate], None],
    ) -> None:
        self._playout: Final = playout
        self._tell: Final = tell
        self._truncate: Final = truncate
        self._responses: Final[dict[str, _Response]] = {}
        self._interrupts = True
        """Whether speech of the user ends the assistant's; the server's default."""

    def take(self, event: said.ServerEvent) -> bool:
        """Take in one event, in order; whether it is not for the session."""
        match event:
            case said.ResponseOutputAudioDelta():
                self._sound_came(event)
                return True
            case said.OutputAudioBufferStarted() | said.OutputAudioBufferStopped() | said.OutputAudioBufferCleared():
                # Some servers say it here too, of the moment they sent it.
                return True
            case said.ResponseCreated(response=response):
                self._announce(response.id)
            case said.ResponseOutputAudioDone(response_id=response_id):
                self._end_passages(response_id)
            case said.ResponseDone(response=response):
                self._done(response.id)
            case said.InputAudioBufferSpeechStarted() if self._interrupts:
                self._playout.cut()
            case said.SessionCreated(session=session) | said.SessionUpdated(session=session):
                turns = session.turn_detection
                self._interrupts = not isinstance(turns, ServerVad | SemanticVad) or turns.interrupt_response
            case _:
                pass
        return False

    def follow(self) -> None:
        """Say what became true of the playout. After each event of the server, and whenever the playout changed."""
        for response_id, response in tuple(self._responses.items()):
            self._follow(response_id, response)
            if response.done and response.speech.is_over:
                del self._responses[response_id]

    def _follow(self, response_id: str, response: _Response) -> None:
        speech = response.speech
        if speech.begun and not response.started_told:
            response.started_told = True
            self._tell(said.OutputAudioBufferStarted(response_id))
        if not response.started_told or response.end_told:
            return
        if speech.cut:
            response.end_told = True
            self._truncate_heard(response)
            self._tell(said.OutputAudioBufferCleared(response_id))
        elif speech.is_over:
            response.end_told = True
            self._tell(said.OutputAudioBufferStopped(response_id))

    def _truncate_heard(self, response: _Response) -> None:
        for (item_id, content_index), passage in response.passages.items():
            if passage.is_cut_short:
                self._truncate(ConversationItemTruncate(item_id, content_index, passage.heard_ms))

    def _announce(self, response_id: str) -> None:
        if response_id in self._responses:
            return
        if len(self._responses) == RESPONSES_LIMIT:
            self._playout.end(self._responses.pop(next(iter(self._responses))).speech)
        self._responses[response_id] = _Response(self._playout.announce())

    def _sound_came(self, event: said.ResponseOutputAudioDelta) -> None:
        """Sound of a response that was not announced, or that is over, is nobody's."""
        response = self._responses.get(event.response_id)
        if response is None or response.done:
            return
        key = (event.item_id, event.content_index)
        if key not in response.passages:
            self._end_passages(event.response_id)
            response.passages[key] = Passage()
        data = response.odd_byte + event.delta
        whole = len(data) // 2 * 2
        response.odd_byte = data[whole:]
        self._playout.append(response.speech, response.passages[key], np.frombuffer(data[:whole], "<i2"))

    def _end_passages(self, response_id: str) -> None:
        """Parts of a response are spoken one after another."""
        if (response := self._responses.get(response_id)) is not None:
            for passage in response.passages.values():
                passage.ended = True

    def _done(self, response_id: str) -> None:
        if (response := self._responses.get(response_id)) is not None:
            response.done = True
            self._end_passages(response_id)
            self._playout.end(response.speech)
