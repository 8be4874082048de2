"""Rules of function calls (PROTOCOL 4.6): each call runs once, and one response follows when all have answered.

A function goes on running when its session is lost; the next session is told of the call and of the result.
"""

from dataclasses import replace

from app.conversation import commands as do
from app.conversation import happenings as did
from app.conversation.context import RESTORED_PREFIX
from app.conversation.linking import is_up
from app.conversation.machines import Link
from app.conversation.step import Step
from app.realtime import events as said
from app.realtime import requests as ask
from app.realtime.items import FunctionCall, FunctionCallOutput, Item, ItemStatus, ResponseStatus


def tool_rule(step: Step) -> None:
    """From a finished response's calls to their results."""
    match step.happening:
        case did.ServerSaid(said.ResponseDone(response=response)) if response.status is ResponseStatus.COMPLETED:
            for item in response.output:
                if isinstance(item, FunctionCall) and item.status is not ItemStatus.INCOMPLETE:
                    _run(step, item)
        case did.ToolFinished(call_id, output, card) if call_id in step.state.running:
            _answer(step, call_id, output, card)
        case did.QuestionAsked(question):
            step.state = replace(step.state, question=question)
        case did.QuestionAnswered(id) if step.state.question is not None and step.state.question.id == id:
            step.state = replace(step.state, question=None)
        case _:
            pass


def _run(step: Step, call: FunctionCall) -> None:
    """The same call is announced by several events, and could be by several responses."""
    if call.call_id in step.state.called or not is_up(step.state):
        return
    step.state = replace(
        step.state,
        called=step.state.called | {call.call_id},
        running={**step.state.running, call.call_id: call},
    )
    step.order(do.RunTool(call.call_id, call.name, call.arguments))


def _answer(step: Step, call_id: str, output: str, card: str) -> None:
    call = step.state.running[call_id]
    running = {each: other for each, other in step.state.running.items() if each != call_id}
    step.state = replace(step.state, running=running, transcript=step.state.transcript.with_card(call.id, card))
    items: tuple[Item, ...] = (FunctionCallOutput(call_id=call_id, output=output, id=step.new_id("tool")),)
    if call_id not in step.state.called:
        # It was called in a session that is gone: the present one is told of the call as well.
        items = (replace(call, id=step.new_id(RESTORED_PREFIX.rstrip("_"))), *items)
    if step.state.link is not Link.LIVE:
        step.state = replace(step.state, results=(*step.state.results, *items))
        return
    step.order(*(do.Send(ask.ConversationItemCreate(item=item)) for item in items))
    step.state = replace(step.state, reply_wanted=step.state.reply_wanted or not running)
