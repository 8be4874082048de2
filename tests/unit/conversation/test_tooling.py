"""Function calls: once each, all answered, one response after all."""

from app.conversation import commands as do
from app.conversation import happenings as did
from app.conversation.view import Look, Question, Speaker
from app.conversation.words import view_of
from app.realtime import events as said
from app.realtime.items import FunctionCall, FunctionCallOutput, ItemStatus, Response, ResponseStatus
from tests.support.stories import Story, calls, reply_begins, requests


def test_each_call_runs_once_and_one_response_follows_all() -> None:
    story = Story().go_live()
    commands = story.tell(*calls("r1", "c1", "c2"))
    assert commands == [do.RunTool("c1", "clock", "{}"), do.RunTool("c2", "clock", "{}")]
    assert view_of(story.state).look is Look.THINKING
    assert story.tell(*calls("r1", "c1")) == []
    assert requests(story.tell(did.ToolFinished("c1", "{}", ""))) == ["ConversationItemCreate"]
    assert requests(story.tell(did.ToolFinished("c2", "{}", ""))) == ["ConversationItemCreate", "ResponseCreate"]
    assert story.tell(did.ToolFinished("c2", "{}", "")) == []


def test_a_card_tells_what_was_done() -> None:
    story = Story().go_live()
    story.tell(*calls("r1", "c1"), did.ToolFinished("c1", "{}", "Timer 10 minutes"))
    row = view_of(story.state).rows[-1]
    assert (row.speaker, row.text, row.finished) == (Speaker.TOOL, "Timer 10 minutes", True)


def test_the_card_stands_before_what_is_said_about_it() -> None:
    story = Story().go_live()
    story.tell(*calls("r1", "c1"), said.ConversationItemAdded(FunctionCall(call_id="c1", id="fc_c1")))
    story.tell(did.ToolFinished("c1", "{}", "Timer 10 minutes"))
    result = FunctionCallOutput(call_id="c1", output="{}", id="tool_9")
    story.tell(said.ConversationItemAdded(result, previous_item_id="fc_c1"))
    story.tell(*reply_begins("r2", "a1", "tool_9", "It is running."))
    assert [row.text for row in view_of(story.state).rows] == ["Timer 10 minutes", "It is running."]


def test_a_cancelled_response_calls_nothing() -> None:
    story = Story().go_live()
    call = FunctionCall(name="clock", call_id="c1", arguments='{"zo', status=ItemStatus.INCOMPLETE)
    created = said.ResponseCreated(Response(id="r1"))
    done = said.ResponseDone(Response(id="r1", status=ResponseStatus.CANCELLED, output=(call,)))
    assert story.tell(created, done) == []


def test_a_question_stands_until_it_is_answered() -> None:
    story = Story().go_live()
    story.tell(did.QuestionAsked(Question("q1", "Open example.org?")))
    assert view_of(story.state).question == Question("q1", "Open example.org?")
    story.tell(did.QuestionAnswered("other", True))
    assert view_of(story.state).question is not None
    story.tell(did.QuestionAnswered("q1", True))
    assert view_of(story.state).question is None


def test_a_result_after_the_end_is_void() -> None:
    story = Story().go_live()
    story.tell(*calls("r1", "c1"), did.DisconnectRequested(), did.LinkEnded(None))
    assert story.tell(did.ToolFinished("c1", "{}", "Card")) == []
