import logging
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.vault.journal import FILE_NAME, LONGEST_FILE_BYTES, open_journal

PLANTED = "planted0123456789abcdef"
LOG = logging.getLogger("parlance.test")


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Callable[[], str]]:
    close = open_journal(tmp_path / "logs")
    yield lambda: (tmp_path / "logs" / FILE_NAME).read_text()
    close()


def test_a_state_change_is_one_line(journal: Callable[[], str]) -> None:
    LOG.info("link: %s -> %s", "opening", "open")
    [line] = journal().splitlines()
    assert line.endswith(" INFO    parlance.test link: opening -> open")


def test_details_and_other_people_s_chatter_stay_out(journal: Callable[[], str]) -> None:
    LOG.debug("detail")
    logging.getLogger("somebody").info("chatter")
    logging.getLogger("somebody").warning("warning")
    assert [line.rpartition(" ")[2] for line in journal().splitlines()] == ["warning"]


def test_a_line_break_cannot_forge_a_record(journal: Callable[[], str]) -> None:
    LOG.info("code %s", "x\n2026-01-01 00:00:00.000 INFO parlance forged\r")
    assert len(journal().splitlines()) == 1


def test_secrets_are_blanked_in_messages_and_exceptions(journal: Callable[[], str]) -> None:
    LOG.warning("secret ek_%s", PLANTED)
    LOG.warning("headers %s", {"Authorization": f"Bearer {PLANTED}"})
    try:
        raise ValueError(f"https://user:{PLANTED}@host/?token={PLANTED}")
    except ValueError:
        LOG.exception("a bug with sk-%s", PLANTED)
    LOG.warning("with a stack", stack_info=True)
    text = journal()
    assert PLANTED not in text
    assert "ValueError: https://…@host/?token=…" in text
    assert all(line[:2] == "20" or line.startswith("    ") for line in text.splitlines())


def test_the_file_is_private_and_bounded(tmp_path: Path, journal: Callable[[], str]) -> None:
    line = "x" * 10_000
    for _ in range(4 * LONGEST_FILE_BYTES // len(line)):
        LOG.info(line)
    files = sorted((tmp_path / "logs").iterdir())
    assert len(files) == 3
    for file in files:
        assert file.stat().st_size <= LONGEST_FILE_BYTES
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_standard_error_is_silent_unless_asked(
    tmp_path: Path, journal: Callable[[], str], capsys: pytest.CaptureFixture[str]
) -> None:
    LOG.error("only in the file")
    assert capsys.readouterr().err == ""
    close = open_journal(tmp_path / "more", verbose=True)
    LOG.debug("detail with ek_%s", PLANTED)
    logging.getLogger("somebody").warning("not ours")
    close()
    err = capsys.readouterr().err
    assert "detail with ek_…" in err
    assert "not ours" not in err
    assert "detail" not in journal()


def test_a_folder_that_cannot_be_written_stops_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    close = open_journal(tmp_path / "file")
    LOG.warning("still said")
    close()
    err = capsys.readouterr().err
    assert "no log file" in err
    assert "still said" in err


def test_closing_takes_everything_back(tmp_path: Path) -> None:
    before = list(logging.getLogger().handlers), logging.getLogger("parlance").level
    open_journal(tmp_path)()
    assert (list(logging.getLogger().handlers), logging.getLogger("parlance").level) == before
