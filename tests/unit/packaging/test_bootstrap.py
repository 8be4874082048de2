"""The entry that everything starts from, as the person at the terminal meets it."""

import ast
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
BOOTSTRAP = ROOT / "packaging" / "bootstrap.py"


def test_old_pythons_can_read_it() -> None:
    ast.parse(BOOTSTRAP.read_text(encoding="utf-8"), feature_version=(3, 4))


def test_an_old_python_says_so_in_one_sentence() -> None:
    pretend = f"import runpy, sys; sys.version_info = (3, 10, 13); runpy.run_path({str(BOOTSTRAP)!r})"

    answer = subprocess.run([sys.executable, "-c", pretend], capture_output=True, text=True, timeout=30, check=False)

    assert answer.returncode == 1
    assert answer.stderr.count("\n") == 1
    assert "needs Python 3.11 or newer and this is 3.10" in answer.stderr


def test_without_dependencies_the_app_names_the_command(tmp_path: Path) -> None:
    venv.create(tmp_path / "bare", symlinks=True)

    answer = subprocess.run(
        [tmp_path / "bare/bin/python", "-I", ROOT / "main.py"], capture_output=True, text=True, timeout=30, check=False
    )

    assert answer.returncode == 1
    assert answer.stdout == ""
    assert answer.stderr.count("\n") == 1
    assert "python3 packaging/bootstrap.py run" in answer.stderr
