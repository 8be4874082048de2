"""What comes along with httpx."""

import subprocess
import sys


def test_httpx_is_loaded_without_its_command_line() -> None:
    asked = (
        "import sys, app.tokens.http; print([each for each in ('click', 'rich', 'pygments') if each in sys.modules])"
    )
    answer = subprocess.run([sys.executable, "-c", asked], check=True, capture_output=True, text=True, timeout=60)
    assert answer.stdout.strip() == "[]"
