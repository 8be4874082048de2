"""Rules of function calls (PROTOCOL 4.6): each call runs once, and one response follows when all have answered."""

from dataclasses import replace

from app.conversation import commands as do
from app.conversation import happenings as did
from app.conversation.linking import is_up
from app.conversation.step import Step
from app.realtime import events as said
from app.realtime import requests as ask
from app.realtime.items import FunctionCall, FunctionCallOutput, ItemStatus, ResponseStatus


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
        running={**step.state.running, call.call_id: call.id},
    )
    step.order(do.RunTool(call.call_id, call.name, call.arguments))


def _answer(step: Step, call_id: str, output: str, card: str) -> None:
    running = {each: id for each, id in step.state.running.items() if each != call_id}
    item = FunctionCallOutput(call_id=call_id, output=output, id=step.new_id("tool"))
    step.order(do.Send(ask.ConversationItemCreate(item=item)))
    transcript = step.state.transcript.with_card(step.state.running[call_id], card)
    step.state = replace(
        step.state, running=running, transcript=transcript, reply_wanted=step.state.reply_wanted or not running
    )
