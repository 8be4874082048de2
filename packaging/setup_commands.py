"""The commands of `bootstrap.py`: what to prepare for each, and what to start then.

Mostly everything is in place, so modules that only an installation needs are imported when one happens.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import private_environment
import system_packages
from setup_trouble import SetupTrouble

ROOT = Path(__file__).resolve().parent.parent

COMMANDS = ("run", "test", "install", "uninstall")
OPTIONS = ("--no-system", "--dry-run")

USAGE = """\
usage: python3 packaging/bootstrap.py COMMAND [--no-system] [--dry-run] ...

  run [ARGUMENT ...]   install what is missing, then start Parlance with these arguments
  test [ARGUMENT ...]  install what is missing, then run all checks and tests (arguments of tests/check.py)
  install              put Parlance into the applications menu
  uninstall            take it out of the applications menu

  --no-system          install no system packages
  --dry-run            say what would be done and do nothing
"""


def main(arguments: list[str]) -> int:
    """Carry out one command line; the exit code, if no other program takes the place of this one."""
    options, command, rest = _read(arguments)
    if command in ("-h", "--help"):
        print(USAGE, end="")
        return 0
    if command not in COMMANDS:
        print(USAGE, end="", file=sys.stderr)
        return 2
    try:
        return _carry_out(command, rest, options)
    except SetupTrouble as trouble:
        print(trouble, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted; the same command goes on from here.", file=sys.stderr)
        return 130


def _read(arguments: list[str]) -> tuple[set[str], str, list[str]]:
    """The options on both sides of the command, the command, and what is passed on."""
    words, options, command = list(arguments), set(), ""
    while words and (words[0] in OPTIONS or not command):
        word = words.pop(0)
        if word in OPTIONS:
            options.add(word)
        else:
            command = word
    return options, command, words


def _carry_out(command: str, rest: list[str], options: set[str]) -> int:
    dry = "--dry-run" in options
    if command == "uninstall":
        import menu_entry

        menu_entry.remove(ROOT, dry=dry)
        return 0
    purpose = "test" if command == "test" else "run"
    if "--no-system" not in options:
        system_packages.provide(purpose, dry=dry)
    python = private_environment.provide(ROOT, purpose, dry=dry)
    if command == "install":
        import menu_entry

        menu_entry.write(ROOT, python, dry=dry)
        return 0
    program = ["-m", "tests.check", *rest] if command == "test" else [str(ROOT / "main.py"), *rest]
    if dry:
        print("Would start:", python, *program)
        return 0
    if command == "test":
        os.chdir(ROOT)
    return _become([str(python), *program])


def _become(command: list[str]) -> int:
    """Let the program take the place of this process; where that does not exist, wait for it."""
    sys.stdout.flush()
    if os.name == "posix":
        os.execv(command[0], command)
    import subprocess

    return subprocess.run(command, check=False).returncode
