"""Signing in with static tokens."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.servers.broker.people.person import Person, Unwelcome
from app.servers.broker.people.static_tokens import StaticTokens
from app.servers.broker.people.token_lines import new_token

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def write(file: Path, *lines: object) -> None:
    """As the command does: a new file in the old one's place."""
    new = file.with_suffix(".new")
    new.write_text("\n".join(map(str, lines)))
    new.chmod(0o600)
    os.replace(new, file)


async def test_listed_and_filed_tokens_are_known(tmp_path: Path) -> None:
    file = tmp_path / "tokens"
    first, listed = new_token("anna", "staff", None, NOW)
    second, filed = new_token("bert", "guests", None, NOW)
    write(file, filed)
    tokens = StaticTokens({listed.id: listed}, file, lambda: NOW)
    assert await tokens.admit(first) == Person("token:anna", "staff")
    assert await tokens.admit(second) == Person("token:bert", "guests")
    assert await tokens.admit(second[:-1] + "?") is Unwelcome.UNKNOWN
    assert await tokens.admit(first[:17] + second[17:]) is Unwelcome.UNKNOWN
    assert await tokens.admit("") is Unwelcome.UNKNOWN


async def test_expired_tokens_stay_outside() -> None:
    token, line = new_token("anna", "staff", 1, NOW)
    for later, found in ((timedelta(hours=23), Person("token:anna", "staff")), (timedelta(days=1), Unwelcome.EXPIRED)):
        tokens = StaticTokens({line.id: line}, None, lambda later=later: NOW + later)  # type: ignore[misc]
        assert await tokens.admit(token) == found


async def test_a_file_is_read_again_when_it_changes(tmp_path: Path) -> None:
    file = tmp_path / "tokens"
    token, line = new_token("anna", "staff", None, NOW)
    write(file, line)
    tokens = StaticTokens({}, file, lambda: NOW)
    assert isinstance(await tokens.admit(token), Person)
    write(file)
    assert await tokens.admit(token) is Unwelcome.UNKNOWN
    write(file, line)
    assert isinstance(await tokens.admit(token), Person)


@pytest.mark.parametrize("breakage", ["gone", "garbage", "open"])
async def test_a_file_that_cannot_be_read_lets_nobody_in(tmp_path: Path, breakage: str) -> None:
    file = tmp_path / "tokens"
    token, line = new_token("anna", "staff", None, NOW)
    write(file, line)
    tokens = StaticTokens({}, file, lambda: NOW)
    assert isinstance(await tokens.admit(token), Person)
    if breakage == "gone":
        file.unlink()
    elif breakage == "garbage":
        write(file, line, "garbage")
    elif os.name == "posix":
        file.chmod(0o644)
    else:
        pytest.skip("Windows has no such permissions")
    assert await tokens.admit(token) is Unwelcome.UNKNOWN
    assert not tokens.readable
    write(file, line)
    assert isinstance(await tokens.admit(token), Person)
    assert tokens.readable
