from pathlib import Path

import pytest

from app.processes.rehearsal import own_command


def test_the_own_command_starts_main_py_and_holds_no_key() -> None:
    command = own_command()
    assert Path(command[1]).name == "main.py"
    assert Path(command[1]).parent == Path(__file__).parents[3]
    assert command[2:] == ("rehearsal", "--port", "0", "--with-parent")


@pytest.mark.parametrize("word", ["--key", "PARLANCE"])
def test_the_command_line_says_nothing_secret(word: str) -> None:
    assert word not in " ".join(own_command())
