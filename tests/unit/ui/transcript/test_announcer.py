from dataclasses import replace

from app.conversation.view import Row, Speaker
from app.ui.transcript.announcer import Announcer
from app.ui.transcript.model import TranscriptModel


def test_a_row_is_told_once_when_it_is_finished() -> None:
    model, said = TranscriptModel(), list[str]()
    announcer = Announcer(model, said.append)
    streaming = Row("1", Speaker.ASSISTANT, "Good")
    model.show((streaming,))
    model.show((replace(streaming, text="Good morning."),))
    assert said == []
    finished = replace(streaming, text="Good morning.", finished=True)
    model.show((finished,))
    model.show((finished, Row("2", Speaker.USER, "Good morning.", finished=True)))
    model.show((replace(finished, unheard=" And"), Row("2", Speaker.USER, "Good morning.", finished=True)))
    assert said == ["Assistant: Good morning.", "You: Good morning."]
    announcer.deleteLater()


def test_what_was_there_before_is_old_news_and_tools_are_silent() -> None:
    model, said = TranscriptModel(), list[str]()
    old = (Row("1", Speaker.USER, "Hello", finished=True), Row("2", Speaker.ASSISTANT, "Hello", finished=True))
    model.show(old)
    announcer = Announcer(model, said.append)
    model.show((*old, Row("3", Speaker.TOOL, "Timer", finished=True)))
    model.show(())
    model.show(old)
    assert said == []
    announcer.deleteLater()
