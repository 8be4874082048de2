"""Static tokens and their lines at rest."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.servers.broker.people.token_lines import LinesUnreadable, hash_of, id_of, new_token, read_lines

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def test_a_token_is_found_by_its_line_and_not_in_it() -> None:
    token, line = new_token("anna", "staff", 30, NOW)
    assert token not in str(line)
    assert token.split("_", 2)[2] not in f"{line} {line!r}"
    (read,) = read_lines(f"# people\n\n{line}\n").values()
    assert read == line
    assert read.matches(token)
    assert id_of(token) == read.id
    assert read.expires == NOW + timedelta(days=30)


def test_tokens_differ() -> None:
    assert len({new_token("anna", "staff", None, NOW)[0] for _ in range(100)}) == 100


def test_lines_may_be_separated_by_semicolons() -> None:
    lines = [str(new_token(user, "default", None, NOW)[1]) for user in ("a", "b")]
    assert [each.user for each in read_lines(";".join(lines)).values()] == ["a", "b"]


@pytest.mark.parametrize("name", ["", "two words", "a\nb", "../x", "x" * 65, "ümlaut", ";"])
def test_names_that_would_break_a_line_are_refused(name: str) -> None:
    with pytest.raises(LinesUnreadable):
        new_token(name, "default", None, NOW)
    with pytest.raises(LinesUnreadable):
        new_token("anna", name, None, NOW)


@pytest.mark.parametrize(
    "line",
    [
        "planted",
        f"0123456789ab anna default {'0' * 63} 2026-01-01 -",
        f"0123456789AB anna default {'0' * 64} 2026-01-01 -",
        f"0123456789ab an/na default {'0' * 64} 2026-01-01 -",
        f"0123456789ab anna default {'0' * 64} yesterday -",
        f"0123456789ab anna default {'0' * 64} 2026-01-01 never",
    ],
)
def test_broken_lines_are_named_and_not_quoted(line: str) -> None:
    with pytest.raises(LinesUnreadable, match="line 2") as caught:
        read_lines(f"#\n{line}")
    assert line not in str(caught.value)


def test_one_id_stands_once() -> None:
    _, line = new_token("anna", "default", None, NOW)
    with pytest.raises(LinesUnreadable, match="above already"):
        read_lines(f"{line}\n{line}")


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    assert id_of(text) == "" or text.startswith("plb_")
    try:
        read_lines(text)
    except LinesUnreadable:
        pass
    else:
        assert len(hash_of("x")) == 64
