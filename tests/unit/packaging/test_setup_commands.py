"""Command lines, in a clone of their own whose environment is in place."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import private_environment

PACKAGING = Path(private_environment.__file__).parent
SHOW = "import os, sys; print(sys.argv[1:], os.getcwd()); sys.exit(7)"


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone with a space in its name, an app and checks that say how they were called, and nothing to install."""
    root = tmp_path_factory.mktemp("clone of") / "Parlance app"
    shutil.copytree(PACKAGING, root / "packaging", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(PACKAGING.parent / "resources", root / "resources")
    (root / "main.py").write_text(SHOW)
    (root / "tests").mkdir()
    (root / "tests" / "check.py").write_text(SHOW)
    for lock in private_environment.LOCKS["test"]:
        (root / lock).write_text("")
    environment = root / ".venv"
    (environment / "bin").mkdir(parents=True)
    (environment / "bin" / "python").symlink_to(sys.executable)
    private_environment.site_packages(environment).mkdir(parents=True)
    private_environment.write_stamp(root, "test")
    return root


def bootstrap(clone: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(clone / "packaging" / "bootstrap.py"), *arguments]
    home = {"HOME": str(clone), "XDG_DATA_HOME": str(clone / "data")}
    return subprocess.run(
        command, capture_output=True, text=True, timeout=30, check=False, cwd="/", env=os.environ | home
    )


def test_run_passes_everything_on(clone: Path) -> None:
    answer = bootstrap(clone, "run", "--no-system", "call", "--for", "5", "--dry-run", "--no-system")

    assert answer.stdout == "['call', '--for', '5', '--dry-run', '--no-system'] /\n"
    assert answer.stderr == ""
    assert answer.returncode == 7


def test_test_runs_the_checks_in_the_clone(clone: Path) -> None:
    answer = bootstrap(clone, "--no-system", "test", "lint", "--all")

    assert answer.stdout == f"['lint', '--all'] {clone}\n"
    assert answer.returncode == 7


def test_dry_run_starts_nothing(clone: Path) -> None:
    answer = bootstrap(clone, "run", "--dry-run", "--no-system", "devices")

    assert answer.stdout == f"Would start: {clone}/.venv/bin/python {clone}/main.py devices\n"
    assert answer.returncode == 0


@pytest.mark.parametrize("arguments", [(), ("--no-system",), ("fly",), ("--fast", "run")])
def test_what_is_not_understood_gets_the_usage(clone: Path, arguments: tuple[str, ...]) -> None:
    answer = bootstrap(clone, *arguments)

    assert answer.stderr.startswith("usage: ")
    assert answer.returncode == 2


def test_help_is_an_answer(clone: Path) -> None:
    answer = bootstrap(clone, "--help")

    assert answer.stdout.startswith("usage: ")
    assert answer.returncode == 0


def test_install_and_uninstall(clone: Path) -> None:
    entry = clone / "data" / "applications" / "io.parlance.Parlance.desktop"

    assert bootstrap(clone, "install", "--no-system").returncode == 0
    assert f'Exec="{clone}/.venv/bin/python" "{clone}/main.py"\n' in entry.read_text(encoding="utf-8")
    assert bootstrap(clone, "uninstall").returncode == 0
    assert list((clone / "data").iterdir()) == []
