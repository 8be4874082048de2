import pytest

from app.remote.wire import Answer, Junk, Verb, answer_line, read_answer, read_request, request_line


@pytest.mark.parametrize("verb", Verb)
def test_a_request_reads_as_it_was_written(verb: Verb) -> None:
    assert read_request(request_line(verb)) is verb


@pytest.mark.parametrize("answer", [Answer(True), Answer(False, "Not now.")])
def test_an_answer_reads_as_it_was_written(answer: Answer) -> None:
    assert read_answer(answer_line(answer)) == answer


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"\n",
        b"talk-down\n",
        b"[]\n",
        b'"mute"\n',
        b"{}\n",
        b'{"do": "format-disk"}\n',
        b'{"do": ["mute"]}\n',
        b'{"do": {}}\n',
        b"\xff\xfe\n",
        b"[" * 500,
        b'{"do": "mute", "x": "' + b"x" * 600 + b'"}\n',
    ],
)
def test_junk_is_no_request(line: bytes) -> None:
    with pytest.raises(Junk):
        read_request(line)


@pytest.mark.parametrize("line", [b"", b"{}\n", b'{"ok": 1}\n', b'{"ok": false, "why": 3}\n'])
def test_junk_is_no_answer(line: bytes) -> None:
    with pytest.raises(Junk):
        read_answer(line)
