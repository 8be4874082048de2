"""What PySide6 does to every import, and that it does not to ours."""

import subprocess
import sys

_READ_BY_PYSIDE = """
import builtins, linecache
{load}
import app.ui.window, json.tool
print(builtins.__import__.__name__, sum(len(each) > 1 for each in linecache.cache.values()) > 50)
"""


def _told(load: str) -> str:
    asked = [sys.executable, "-c", _READ_BY_PYSIDE.format(load=load)]
    return subprocess.run(asked, check=True, capture_output=True, text=True, timeout=60).stdout.strip()


def test_nobody_watches_imports_and_no_source_is_read_and_kept() -> None:
    assert _told("from app.assembly.qt import load_qt; load_qt()") == "__lazy_import__ False"


def test_pyside_still_takes_imports_over() -> None:
    assert _told("import PySide6.QtCore") == "__feature_import__ True", "then load_qt can go"
