"""The main key."""

import os
from pathlib import Path

import pytest

from app.servers.broker.config.keys import Key, KeyRefused, main_key, read_private

TEXT = "sk-planted-0123456789"


def test_the_environment_comes_first_and_space_around_a_key_is_dropped(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(f"  {TEXT}-file\n")
    file.chmod(0o600)
    assert main_key(TEXT, file).reveal() == TEXT
    assert main_key("", file).reveal() == f"{TEXT}-file"


def test_a_key_does_not_show_itself() -> None:
    key = Key(TEXT)
    assert TEXT not in f"{key} {key!r} {[key]}"
    assert key
    assert not Key("")


@pytest.mark.parametrize("text", ["", "short", "two words planted", "ümlaut-planted", "planted\nplanted"])
def test_what_cannot_be_a_key_is_refused_without_quoting_it(text: str) -> None:
    with pytest.raises(KeyRefused) as caught:
        main_key(text, None)
    assert "planted" not in str(caught.value)


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such permissions")
@pytest.mark.parametrize("mode", [0o604, 0o602, 0o620, 0o666])
def test_open_files_are_refused(tmp_path: Path, mode: int) -> None:
    file = tmp_path / "key"
    file.write_text(TEXT)
    file.chmod(mode)
    with pytest.raises(KeyRefused, match="chmod 600"):
        read_private(file)


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KeyRefused):
        read_private(tmp_path)
    with pytest.raises(KeyRefused, match="cannot be read"):
        read_private(tmp_path / "none")
