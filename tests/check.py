"""All checks in one command, cheapest first: format, lint, house rules, types, import contracts, tests.

    python -m tests.check                         # everything; stops at the first step that fails
    python -m tests.check --all                   # everything, whatever fails
    python -m tests.check lint types              # these steps only
    python -m tests.check tests -- tests/unit -x  # what stands behind "--" goes to pytest

One line per step with its duration; a step that fails says why. The last line is pytest's closing line.
"""

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

STEPS: dict[str, list[str]] = {
    "format": ["-m", "ruff", "format", "--check", "."],
    "lint": ["-m", "ruff", "check", "."],
    "house": ["-m", "tests.house_rules"],
    "types": ["-m", "mypy"],
    # import-linter offers no `python -m`, and its script would not survive a move of the clone.
    "contracts": ["-c", "from importlinter.cli import lint_imports_command as run; run()"],
    "tests": ["-m", "pytest"],
}


def main(arguments: list[str]) -> int:
    """Run the steps asked for; 0 if none failed."""
    at = arguments.index("--") if "--" in arguments else len(arguments)
    parser = argparse.ArgumentParser(
        prog="python -m tests.check", description="Run the checks; pytest's arguments after --."
    )
    parser.add_argument("steps", nargs="*", metavar="step", help=f"of {', '.join(STEPS)}; all of them if none is named")
    parser.add_argument("--all", action="store_true", help="go on after a step that fails")
    options = parser.parse_args(arguments[:at])
    unknown = set(options.steps) - set(STEPS)
    if unknown:
        parser.error(f"no such step: {', '.join(sorted(unknown))}")
    failed, closing_line = False, ""
    for name, command in STEPS.items():
        if options.steps and name not in options.steps:
            continue
        begun = time.monotonic()
        if name == "tests":
            code, closing_line = _show(command + arguments[at + 1 :])
        else:
            code = _run_quietly(command)
        print(f"{name:<10} {'FAILED' if code else 'ok':<7} {time.monotonic() - begun:6.1f} s", flush=True)
        failed = failed or code != 0
        if failed and not options.all:
            break
    if closing_line:
        print(closing_line)
    return int(failed)


def _run_quietly(command: list[str]) -> int:
    """Run a step whose output matters only if it fails."""
    step = subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    if step.returncode:
        sys.stdout.flush()
        sys.stdout.buffer.write(step.stdout)
    return step.returncode


def _show(command: list[str]) -> tuple[int, str]:
    """Run a long step whose output is shown as it comes; its exit code and its last line."""
    environment = os.environ | ({"FORCE_COLOR": "1"} if sys.stdout.isatty() else {})
    last = ""
    with subprocess.Popen(
        [sys.executable, *command],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    ) as step:
        assert step.stdout is not None
        for line in step.stdout:
            print(line, end="", flush=True)
            last = line.rstrip() or last
    return step.returncode, last


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
