"""Each rule of the house finds what it is for, and leaves alone what only looks like it."""

from pathlib import Path

import pytest

from tests.house_rules import ALLOWED, FUNCTION_LINES, MODULE_LINES, check_code, check_text, findings


def rules_broken(code: str, *, name: str = "app/session/thing.py") -> set[str]:
    return {finding.rule for finding in check_code(name, code)}


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ("slot-task", "from qasync import asyncSlot"),
        ("slot-task", "@qasync.asyncClose\ndef close(self): ..."),
        ("ensure-future", "asyncio.ensure_future(work())"),
        ("ownerless-task", "asyncio.create_task(work())"),
        ("ownerless-task", "self._loop.create_task(work())"),
        ("ownerless-task", "from asyncio import create_task\ncreate_task(work())"),
        ("call-later", "loop.call_later(1, work)"),
        ("process-events", "QApplication.processEvents()"),
        ("wall-clock", "now = time.time()"),
        ("wall-clock", "from time import time"),
        ("sound-default", "sd.default.latency = 'low'"),
        ("sound-default", "sounddevice.default.device = 3"),
        ("blind-except", "try:\n    work()\nexcept Exception:\n    pass"),
        ("blind-except", "try:\n    work()\nexcept (OSError, BaseException):\n    pass"),
        ("blind-except", "try:\n    work()\nexcept:\n    pass"),
        ("second-thread", "class Worker(QtCore.QThread): ..."),
        ("long-function", "async def long():\n" + "    work()\n" * FUNCTION_LINES),
    ],
)
def test_finds_in_code(rule: str, code: str) -> None:
    assert rule in rules_broken(code)


@pytest.mark.parametrize(
    "code",
    [
        '"""Never asyncSlot, never ensure_future."""  # nor processEvents',
        "self._tasks.create_task(work())",
        "async def run(group):\n    group.create_task(work())",
        "async def run():\n    async with asyncio.TaskGroup() as legs:\n        legs.create_task(work())",
        "now = time.monotonic()",
        "self.default = settings.default",
        "try:\n    work()\nexcept OSError:\n    pass",
        "try:\n    work()\nexcept BaseException:\n    clean_up()\n    raise",
        "def short():\n" + "    work()\n" * (FUNCTION_LINES - 1),
    ],
)
def test_leaves_good_code_alone(code: str) -> None:
    assert rules_broken(code) == set()


def test_a_thread_belongs_in_the_assembly() -> None:
    assert rules_broken("class SessionThread(QThread): ...", name="app/assembly/window.py") == set()


def test_code_rules_know_their_places() -> None:
    assert rules_broken("asyncio.create_task(work())", name="tests/unit/session/test_thing.py") == set()
    assert rules_broken("app.processEvents()", name="tests/unit/ui/test_thing.py") == {"process-events"}


@pytest.mark.parametrize(
    ("rule", "line"),
    [
        ("registry-host", "--index-url https://py" + "pi.org/simple"),
        ("registry-host", "files.python" + "hosted.org"),
        ("machine-path", 'open("/ho' + 'me/me/speech.wav")'),
        ("machine-path", "#!/ro" + "ot/.venv/bin/python"),
        ("left-over", "# TO" + "DO: later"),
    ],
)
def test_finds_in_text(rule: str, line: str) -> None:
    assert [(finding.rule, finding.line) for finding in check_text("README.md", f"first\n{line}\n")] == [(rule, 2)]


@pytest.mark.parametrize("line", ["https://example.org/start/page", "~/work/clone", "the homework", "methodology"])
def test_leaves_good_text_alone(line: str) -> None:
    assert check_text("README.md", line) == []


def test_a_module_has_an_end() -> None:
    assert check_text("app/ui/window.py", "pass\n" * MODULE_LINES) == []
    assert [finding.rule for finding in check_text("app/ui/window.py", "pass\n" * (MODULE_LINES + 1))] == [
        "long-module"
    ]
    assert check_text("tests/unit/ui/test_window.py", "pass\n" * (MODULE_LINES + 1)) == []


def test_reads_files_of_ours_only(tmp_path: Path) -> None:
    for place in ("app", ".venv/lib", "app/__pycache__", ".ci"):
        (tmp_path / place).mkdir(parents=True)
    (tmp_path / "app/thing.py").write_text("from asyncio import ensure_future\n")
    (tmp_path / ".venv/lib/theirs.py").write_text("from asyncio import ensure_future\n")
    (tmp_path / "app/__pycache__/thing.py").write_text("from asyncio import ensure_future\n")
    (tmp_path / ".ci/run").write_text("cd /ho" + "me/ci\n")

    found = {(finding.path, finding.rule) for finding in findings(tmp_path)} - ALLOWED.keys()

    assert found == {("app/thing.py", "ensure-future"), (".ci/run", "machine-path")}


def test_an_allowance_without_use_is_a_failure(tmp_path: Path) -> None:
    assert {(finding.path, finding.rule) for finding in findings(tmp_path)} == set(ALLOWED)
