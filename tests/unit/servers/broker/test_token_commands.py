"""Creating, revoking and listing static tokens."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from app.servers.broker.people.token_lines import read_lines
from app.servers.broker.token_commands import TokensRefused, create_token, list_tokens, revoke_tokens


def test_a_token_is_shown_once_and_kept_as_a_hash(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "tokens"
    assert create_token(file, "anna", "staff", 7) == 0
    token = capsys.readouterr().out.strip()
    (line,) = read_lines(file.read_text()).values()
    assert line.matches(token)
    assert line.expires is not None
    assert token not in file.read_text()
    if os.name == "posix":
        assert file.stat().st_mode & 0o777 == 0o600
    assert list_tokens(file) == 0
    shown = capsys.readouterr().out
    assert line.id in shown
    assert line.hash not in shown


def test_revoking_one_or_all_of_somebody(tmp_path: Path) -> None:
    file = tmp_path / "tokens"
    file.write_text("# a comment that stays\n")
    file.chmod(0o600)
    for user in ("anna", "anna", "bert", "carl"):
        create_token(file, user, "default", None)
    bert = next(each for each in read_lines(file.read_text()).values() if each.user == "bert")
    revoke_tokens(file, bert.id, "")
    revoke_tokens(file, "", "anna")
    assert [each.user for each in read_lines(file.read_text()).values()] == ["carl"]
    assert file.read_text().startswith("# a comment")
    with pytest.raises(TokensRefused, match="no such token"):
        revoke_tokens(file, "", "anna")


def test_without_a_file_the_line_is_for_the_environment(capsys: pytest.CaptureFixture[str]) -> None:
    create_token(None, "anna", "default", None)
    shown = capsys.readouterr()
    (line,) = read_lines(shown.err.splitlines()[1]).values()
    assert line.matches(shown.out.strip())


def test_names_that_do_not_fit(tmp_path: Path) -> None:
    with pytest.raises(TokensRefused):
        create_token(tmp_path / "tokens", "two words", "default", None)
    assert not (tmp_path / "tokens").exists()


def test_a_broken_file_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "tokens"
    file.write_text("broken\n")
    file.chmod(0o600)
    with pytest.raises(TokensRefused, match="line 1"):
        create_token(file, "anna", "default", None)
    assert file.read_text() == "broken\n"


def test_many_at_once_lose_nothing(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as operators:
        list(operators.map(lambda number: create_token(tmp_path / "tokens", f"u{number}", "p", None), range(24)))
    assert len(read_lines((tmp_path / "tokens").read_text())) == 24
