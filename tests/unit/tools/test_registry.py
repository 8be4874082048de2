import asyncio
import json
import logging
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.conversation.troubles import ToolTrouble
from app.realtime.session import FunctionTool
from app.tools.builtin import built_in_tools
from app.tools.desk import Desk
from app.tools.registry import LONGEST_ARGUMENTS, LONGEST_OUTPUT_BYTES, Registry
from app.tools.tool import Arguments, Tool, ToolResult, answer
from tests.support.desk import FakeDesk

PARAMETERS: dict[str, Any] = {
    "type": "object",
    "properties": {"word": {"type": "string"}, "share": {"type": "number"}},
    "additionalProperties": False,
}


class Doer:
    """A function that does what the test wants."""

    def __init__(self, deed: Any = None) -> None:
        self.calls: list[Arguments] = []
        self.was_cancelled = False
        self._deed = deed

    async def run(self, arguments: Arguments, desk: Desk) -> ToolResult:
        self.calls.append(arguments)
        try:
            if isinstance(self._deed, asyncio.Event):
                await self._deed.wait()
        except asyncio.CancelledError:
            self.was_cancelled = True
            raise
        if isinstance(self._deed, Exception):
            raise self._deed
        return self._deed if isinstance(self._deed, ToolResult) else answer("Doing · done", done=True)


def tool(doer: Doer, *, name: str = "do", time_limit_s: float = 60.0) -> Tool:
    return Tool(
        name=name,
        title="Doing",
        description="Does it.",
        parameters=PARAMETERS,
        time_limit_s=time_limit_s,
        run=doer.run,
    )


async def called(doer: Doer, arguments_json: str = "{}", *, name: str = "do", time_limit_s: float = 60.0) -> ToolResult:
    return await Registry([tool(doer, time_limit_s=time_limit_s)]).call(name, arguments_json, FakeDesk())


def error_of(result: ToolResult) -> str:
    error = json.loads(result.output)["error"]
    assert isinstance(error, str)
    return error


def test_a_session_is_told_name_description_and_schema() -> None:
    assert Registry([tool(Doer())]).definitions() == (FunctionTool("do", "Does it.", PARAMETERS),)


def test_two_functions_of_one_name_are_a_mistake() -> None:
    with pytest.raises(ValueError, match="two functions are called do"):
        Registry([tool(Doer()), tool(Doer())])


async def test_a_call_gets_its_arguments_and_returns_the_result() -> None:
    doer = Doer()

    result = await called(doer, '{"word": "ü"}')

    assert doer.calls == [{"word": "ü"}]
    assert result == ToolResult('{"done": true}', "Doing · done")


@pytest.mark.parametrize("nothing", ["", " \n", "{}"])
async def test_no_arguments_may_be_written_as_nothing(nothing: str) -> None:
    doer = Doer()

    await called(doer, nothing)

    assert doer.calls == [{}]


async def test_an_unknown_function_is_answered_with_the_known_ones() -> None:
    result = await called(Doer(), name="explode\ud800")

    assert error_of(result) == "There is no function of that name, only these: do."
    assert result.card == "Unknown function · nothing was done"


@pytest.mark.parametrize(
    "arguments",
    [
        "no json",
        '{"word": "cut sh',
        "null",
        "[]",
        '"word"',
        '{"share": NaN}',
        '{"share": 1e999}',
        '{"word": "\\ud800"}',
        '{"word": "a", "more": 1}',
        "[" * 10_000,
        '{"share": ' + "1" * 5_000 + "}",
        '{"word": "' + "a" * LONGEST_ARGUMENTS + '"}',
    ],
    ids=lambda text: text[:20],
)
async def test_arguments_that_do_not_fit_never_reach_the_function(arguments: str) -> None:
    doer = Doer()

    result = await called(doer, arguments)

    assert doer.calls == []
    assert error_of(result).startswith("The ")
    assert result.card == "Doing · the request was not understood"


async def test_a_function_that_takes_too_long_is_cancelled() -> None:
    doer = Doer(asyncio.Event())

    result = await called(doer, time_limit_s=0.0)

    assert doer.was_cancelled
    assert error_of(result) == "It took longer than 0 s and was stopped."
    assert result.card == "Doing · took too long"


async def test_the_time_limit_is_the_functions_own() -> None:
    quick, endless = Doer(), Doer(asyncio.Event())
    registry = Registry([tool(quick, name="quick"), tool(endless, name="endless", time_limit_s=0.0)])

    assert not json.loads((await registry.call("quick", "", FakeDesk())).output).get("error")
    assert error_of(await registry.call("endless", "", FakeDesk()))


async def test_giving_up_a_call_cancels_the_function_and_is_no_answer() -> None:
    doer = Doer(asyncio.Event())

    async def give_up() -> None:
        async with asyncio.timeout(0.0):
            await called(doer)

    with pytest.raises(TimeoutError):
        await give_up()
    assert doer.was_cancelled


async def test_a_trouble_is_told_to_both() -> None:
    class PrinterAway(ToolTrouble):
        sentence = "The printer is away."
        remedy = "Switch it on."

    result = await called(Doer(PrinterAway()))

    assert error_of(result) == "The printer is away. Switch it on."
    assert result.card == "Doing · The printer is away."


@pytest.mark.parametrize("bug", [ZeroDivisionError("a bug"), TimeoutError("its own")])
async def test_a_bug_is_not_hidden(bug: Exception) -> None:
    with pytest.raises(type(bug)):
        await called(Doer(bug))


@pytest.mark.parametrize("letter", ["a", "ü", "語"])
async def test_an_output_is_bounded_in_bytes(letter: str) -> None:
    frame = len('{"text": ""}')
    longest = letter * ((LONGEST_OUTPUT_BYTES - frame) // len(letter.encode()))

    fits = await called(Doer(answer("Doing · done", text=longest)))
    does_not = await called(Doer(answer("Doing · done", text=longest + letter * 2)))

    assert json.loads(fits.output) == {"text": longest}
    assert error_of(does_not) == "It was done, but its answer is too long to be told."
    assert does_not.card == "Doing · done"


async def test_the_log_holds_nothing_the_model_said(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    await called(Doer(), '{"word": "private"}')
    await called(Doer(), '{"private": 1}')
    await called(Doer(), name="private")
    await called(Doer(ToolTrouble()), '{"word": "private"}')

    assert len(caplog.records) == 4
    assert "private" not in caplog.text


WEIRD = st.sampled_from(
    [
        *("Europe", "../../etc/passwd", "/etc/localtime", "posixrules", "tzdata.zi", "Asia/Tokyo", "UTC"),
        *("https://example.com", "https://[::1", "http://127.1/", "javascript:alert(1)", "https://a\\@b", "//"),
    ]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()) | WEIRD,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
)
PROPERTIES = [name for each in built_in_tools() for name in each.parameters["properties"]]  # type: ignore[attr-defined]
ARGUMENTS = (
    st.dictionaries(st.sampled_from(PROPERTIES), VALUES | st.integers(1, 100)).map(json.dumps)
    | VALUES.map(json.dumps)
    | st.text(st.characters())
)
NAMES = st.sampled_from([each.name for each in built_in_tools()])


@given(st.lists(st.tuples(NAMES | st.text(), ARGUMENTS), max_size=30), st.booleans())
def test_the_built_in_functions_answer_whatever_a_model_sends(calls: list[tuple[str, str]], agrees: bool) -> None:
    registry, desk = Registry(built_in_tools()), FakeDesk(agrees=agrees)

    async def call_all() -> list[ToolResult]:
        return [await registry.call(name, arguments, desk) for name, arguments in calls]

    for result in asyncio.run(call_all()):
        assert isinstance(json.loads(result.output), dict)
        assert len(result.output.encode()) <= LONGEST_OUTPUT_BYTES
        assert result.card
        assert "\n" not in result.card
        result.card.encode()
    desk.pass_time(100_000)


def test_the_built_in_functions() -> None:
    names = [each.name for each in Registry(built_in_tools()).definitions()]

    assert names == ["current_time", "set_timer", "list_timers", "cancel_timer", "open_web_page"]
