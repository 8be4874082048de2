"""The assistant's side: which responses run, what they are asked, and the sound that leaves."""

from collections.abc import Callable
from typing import Final

from app.audio.pcm import Pcm, samples_of_ms
from app.realtime.events import (
    ErrorCode,
    OutputAudioBufferCleared,
    OutputAudioBufferStarted,
    OutputAudioBufferStopped,
    RateLimitsUpdated,
)
from app.realtime.items import ItemStatus, Message, ResponseError, ResponseStatus, Role
from app.realtime.requests import ItemReference, ResponseOptions
from app.realtime.session import FunctionTool, SessionOptions, ToolMode
from app.servers.rehearsal.engine.conversation import Conversation, Record, id_of
from app.servers.rehearsal.engine.options import Settings, check_response, said
from app.servers.rehearsal.engine.output_buffer import OutputBuffer, Pulled
from app.servers.rehearsal.engine.refusal import SERVER_ERROR, Refusal
from app.servers.rehearsal.engine.response import CANCELLED, COMPLETED, SILENCED, Outcome, Response
from app.servers.rehearsal.engine.tell import Teller
from app.servers.rehearsal.engine.usage import Allowance, Context, of_text, usage_of
from app.servers.rehearsal.ports import Mind, Question

FRAME_MS: Final = 20
"""One packet of Opus."""
_ASIDE_AT_MOST: Final = 4
_NO_VOICE: Final = Outcome(
    ResponseStatus.FAILED, error=ResponseError(SERVER_ERROR, ErrorCode.SERVER_ERROR, "The voice failed.")
)


class Replies:
    """Runs one response of the conversation at a time, and a few aside of it (PROTOCOL 4.5)."""

    def __init__(
        self,
        teller: Teller,
        conversation: Conversation,
        options: Callable[[], SessionOptions],
        mind: Mind,
        sound: OutputBuffer,
    ) -> None:
        self.spoke = False
        """Whether the voice was heard and cannot change any more."""
        self._teller = teller
        self._conversation = conversation
        self._options = options
        self._mind = mind
        self._out = sound
        self._running: dict[str, Response] = {}
        self._inputs: dict[str, tuple[Record, ...] | None] = {}
        self._contexts: dict[str, Context] = {}
        self._sounding: dict[str, Response] = {}
        self._before: Context = ()
        self._allowance = Allowance()
        self._turn_waits = False

    @property
    def active(self) -> Response | None:
        """The response of the conversation."""
        return next((each for each in self._running.values() if each.conversation is not None), None)

    @property
    def quiet(self) -> bool:
        """Whether nothing is being answered and nothing is to be heard."""
        return not self._running and self._out.empty

    def create(self, wish: ResponseOptions) -> None:
        """The client wants an answer; raises Refusal."""
        check_response(wish, self._options(), spoke=self.spoke)
        aside = said(wish.conversation, "auto") == "none"
        active = self.active
        if not aside and active is not None:
            words = f"Conversation already has an active response in progress: {active.id}."
            raise Refusal(words, ErrorCode.ACTIVE_RESPONSE)
        if len(self._running) > _ASIDE_AT_MOST:
            raise Refusal("Too many responses are running.", ErrorCode.RATE_LIMIT)
        self._start(wish, self._records_of(wish))

    def answer_turn(self) -> None:
        """The user's turn ended: answer it now, or when the running response is over."""
        if self.active is not None:
            self._turn_waits = True
        else:
            self._start(ResponseOptions(), None)

    def cancel(self, response_id: str) -> None:
        """The client stops a response; what was made of its sound is still sent. Raises Refusal."""
        response = self._running.get(response_id) if response_id else self.active
        if response is None:
            raise Refusal("Cancellation failed: no active response found", ErrorCode.CANCEL_NOT_ACTIVE)
        self._end(response, CANCELLED)

    def interrupt(self) -> None:
        """The user speaks: fall silent and forget what was not heard."""
        self._turn_waits = False
        active = self.active
        self._fall_silent([active] if active is not None else [], SILENCED)

    def clear(self) -> None:
        """The client drops the sound: as ``interrupt``, but an answer that is not heard yet goes on."""
        self._fall_silent([each for each in self._running.values() if each.sounding], CANCELLED)

    def think(self) -> None:
        """Answer whatever can be answered: call it when something was understood."""
        for response in list(self._running.values()):
            if not response.answered:
                self._think(response)

    def voiced(self, response_id: str, pcm: Pcm) -> None:
        """The sound of a sentence is made; without effect when nobody wants it any more."""
        if response_id in self._running:
            self._running[response_id].voiced(pcm)

    def voice_failed(self, response_id: str) -> None:
        """The sound of a sentence cannot be made."""
        if response_id in self._running:
            self._end(self._running[response_id], _NO_VOICE)

    def step(self) -> Pcm:
        """FRAME_MS passed: the sound to be sent for them."""
        for response in self._running.values():
            response.release(FRAME_MS)
        pulled = self._out.pull(samples_of_ms(FRAME_MS))
        self._tell_of(pulled)
        for response in list(self._running.values()):
            outcome = response.progress()
            if outcome is not None:
                self._end(response, outcome)
        return pulled.pcm

    def _tell_of(self, pulled: Pulled) -> None:
        if not pulled.response_id:
            return
        response = self._sounding[pulled.response_id]
        response.sent(pulled.samples)
        if pulled.started:
            self.spoke = True
            self._tell_of_buffer(OutputAudioBufferStarted(response.id))
        if pulled.stopped:
            del self._sounding[response.id]
            self._tell_of_buffer(OutputAudioBufferStopped(response.id))

    def _tell_of_buffer(
        self, event: OutputAudioBufferStarted | OutputAudioBufferStopped | OutputAudioBufferCleared
    ) -> None:
        if self._out.played_here:
            self._teller.tell(event)

    def _start(self, wish: ResponseOptions, records: tuple[Record, ...] | None) -> None:
        aside = said(wish.conversation, "auto") == "none"
        settings = Settings.of(self._options(), wish)
        conversation = None if aside else self._conversation
        response = Response(self._teller, settings, conversation, self._out, said(wish.metadata, None))
        self._running[response.id] = self._sounding[response.id] = response
        self._inputs[response.id] = records
        response.begin()
        self._teller.tell(RateLimitsUpdated(self._allowance.left(self._teller.now_s())))
        self._think(response)

    def _think(self, response: Response) -> None:
        chosen = self._inputs[response.id]
        records = tuple(self._conversation) if chosen is None else chosen
        if any(record.awaited for record in records):
            return
        self._contexts[response.id] = _context_of(response.settings, records)
        reply = self._mind.answer(_question_of(response.settings, records))
        if reply.trouble is None:
            response.answer(reply)
        else:
            self._end(response, Outcome(ResponseStatus.FAILED, error=reply.trouble))

    def _end(self, response: Response, outcome: Outcome) -> None:
        response.close_item(ItemStatus.COMPLETED if outcome is COMPLETED else ItemStatus.INCOMPLETE)
        self._settle(response, outcome)
        if self._turn_waits and self.active is None:
            self._turn_waits = False
            self._start(ResponseOptions(), None)

    def _fall_silent(self, ended: list[Response], outcome: Outcome) -> None:
        for response_id in self._out.clear():
            self._tell_of_buffer(OutputAudioBufferCleared(response_id))
        for response in ended:
            response.close_item(ItemStatus.INCOMPLETE)
        if self._out.played_here:  # else only the client knows what was heard, and truncates
            for response in self._sounding.values():
                response.cut_unheard()
        for response in ended:
            self._settle(response, outcome)
        self._sounding = dict(self._running)

    def _settle(self, response: Response, outcome: Outcome) -> None:
        del self._running[response.id], self._inputs[response.id]
        context = self._contexts.pop(response.id, ())
        usage = usage_of(context, self._before, response.tokens)
        if response.conversation is not None and context:
            self._before = context
        self._allowance.spend(usage.total_tokens, self._teller.now_s())
        if not response.sounding:
            del self._sounding[response.id]
        response.end(outcome, usage)

    def _records_of(self, wish: ResponseOptions) -> tuple[Record, ...] | None:
        """What the response is asked about: the items named in its ``input``, or None for the conversation."""
        named = said(wish.input, None)
        if named is None:
            return None
        found = []
        for index, each in enumerate(named):
            record = self._conversation.get(each.id) if isinstance(each, ItemReference) else Record(each)
            if record is None:
                raise Refusal("There is no item with this id.", "item_not_found", f"response.input[{index}].id")
            found.append(record)
        return tuple(found)


def _question_of(settings: Settings, records: tuple[Record, ...]) -> Question:
    last = records[-1] if records else None
    asked = last is not None and isinstance(last.item, Message) and last.item.role is Role.USER
    words = last.words.strip() if last is not None and asked else ""
    usable = settings.tool_choice is not ToolMode.NONE
    functions = tuple(tool for tool in settings.tools if isinstance(tool, FunctionTool)) if usable else ()
    return Question(words or None, tuple(record.item for record in records), functions)


def _context_of(settings: Settings, records: tuple[Record, ...]) -> Context:
    tools = "".join(f"{tool}" for tool in settings.tools)
    own = (("instructions", of_text(settings.instructions)), ("tools", of_text(tools)))
    return own + tuple((id_of(record.item), record.tokens) for record in records)
