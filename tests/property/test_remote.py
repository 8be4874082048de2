"""Whatever arrives at the control socket, nothing happens that was not asked for."""

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from app.remote.wire import LONGEST_LINE_BYTES, Junk, Verb, read_answer, read_request
from tests.support.control import said_to, served

JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text() | st.sampled_from([verb.value for verb in Verb]),
    lambda inner: st.lists(inner) | st.dictionaries(st.just("do") | st.text(), inner),
    max_leaves=8,
)
BYTES = st.binary(max_size=2 * LONGEST_LINE_BYTES)


@given(BYTES | JSON.map(lambda value: repr(value).encode()))
def test_a_line_is_a_request_or_junk(line: bytes) -> None:
    for read in (read_request, read_answer):
        try:
            read(line)
        except Junk:
            continue


@settings(max_examples=5, deadline=None)
@given(st.lists(BYTES, min_size=10, max_size=20))
async def test_a_socket_survives_whatever_comes(lines: list[bytes]) -> None:
    with tempfile.TemporaryDirectory() as name:
        async with served(Path(name)) as asked:
            for line in lines:
                await said_to(Path(name), line)
            asked.clear()
            assert b"true" in await said_to(Path(name), b'{"do": "show"}\n')
            assert asked == [Verb.SHOW]
