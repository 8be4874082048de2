"""The command line. Each command imports what it needs when it runs, so that help and errors are instant."""

import argparse
import gc
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from app.remote.wire import Verb

_VERBS: Final = tuple(verb.value for verb in Verb)


def main(arguments: Sequence[str]) -> int:
    """Run one command and return the exit code."""
    if arguments[:1] == ["broker"]:
        return _broker(arguments[1:])
    options = _parser().parse_args(arguments)
    match options.command:
        case "call":
            from app.assembly.call import run_call

            return run_call(options)
        case "devices":
            from app.assembly.checkup import run_devices

            return run_devices(as_json=options.json)
        case "doctor":
            from app.assembly.checkup import run_doctor

            return run_doctor(profile=options.profile, as_json=options.json)
        case "remote":
            return _remote(options.verb)
        case "rehearsal":
            from app.servers.rehearsal.server import run

            return run(
                port=options.port,
                key=options.key or os.environ.get("PARLANCE_REHEARSAL_KEY", ""),
                host=options.host,
                with_parent=options.with_parent,
                verbose=options.verbose,
                faults=options.faults,
            )
        case _:
            # While all is loaded there is none to find; ``app.assembly.memory.settle`` begins to look for it.
            gc.disable()
            from app.assembly.start import run_window

            return run_window(verbose=options.verbose, hidden=options.hidden)


def _broker(arguments: Sequence[str]) -> int:
    """A service with options of its own, which only its own libraries can tell."""
    from app.servers.broker.server import add_arguments, run_broker

    parser = argparse.ArgumentParser(prog="main.py broker", description="Serve short-lived secrets; keep main keys.")
    add_arguments(parser)
    return run_broker(parser.parse_args(arguments))


def _remote(verb: str) -> int:
    """Ask the running window; imports little, because a key that was pressed waits for it."""
    from app.remote.client import ask
    from app.vault.places import Places

    answer = ask(Places.here().runtime_folder, Verb(verb))
    if not answer.ok:
        print(answer.why, file=sys.stderr)
    return int(not answer.ok)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="main.py", description="Talk with a speech-to-speech model from the desktop.")
    parser.add_argument("--verbose", action="store_true", help="also show the log on standard error")
    parser.add_argument("--hidden", action="store_true", help="start in the tray; minimised where there is none")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands (none opens the window)")
    _add_call(commands.add_parser("call", help="hold one conversation without a window"))
    for name, help_text in (("devices", "list microphones and speakers"), ("doctor", "tell what works and what to do")):
        checkup = commands.add_parser(name, help=help_text)
        checkup.add_argument("--json", action="store_true", help="for programs")
        if name == "doctor":
            checkup.add_argument("--profile", default="", metavar="NAME", help="look at this server profile only")
    remote = commands.add_parser("remote", help="steer the running window, for keys that your desktop binds")
    remote.add_argument("verb", choices=_VERBS)
    commands.add_parser("broker", help="serve short-lived secrets to others (broker --help tells more)")
    rehearsal = commands.add_parser("rehearsal", help="serve the Realtime protocol offline")
    rehearsal.add_argument("--host", default="127.0.0.1", help="address to listen on (default: this machine only)")
    rehearsal.add_argument("--port", type=int, default=0, help="0 takes a free one (default)")
    rehearsal.add_argument("--key", default="", help="the standard key to accept (default: a random one)")
    rehearsal.add_argument("--with-parent", action="store_true", help="end when standard input closes")
    rehearsal.add_argument("--faults", action="store_true", help="let clients set faults at /faults (see FAULTS.md)")
    rehearsal.add_argument("--verbose", action="store_true", help="one line for each change of state")
    return parser


def _add_call(call: argparse.ArgumentParser) -> None:
    call.add_argument("--profile", default="", metavar="NAME", help="server profile (default: the chosen one)")
    call.add_argument("--broker", default="", metavar="URL", help="token URL, instead of the profile's")
    call.add_argument(
        "--server", default="", metavar="URL", help="base URL of the Realtime API, such as http://127.0.0.1:9000/v1"
    )
    call.add_argument("--input", type=Path, metavar="WAV", help="played as the microphone, in real time")
    call.add_argument("--output", type=Path, metavar="WAV", help="records what the speaker would play")
    call.add_argument("--events", type=Path, metavar="JSONL", help="records every decoded server event")
    call.add_argument("--transcript", type=Path, metavar="JSONL", help="one object for each finished turn")
    call.add_argument("--text", default="", help="a typed message, sent once connected")
    call.add_argument("--transport", choices=("webrtc", "websocket", "auto"), default="")
    call.add_argument(
        "--for",
        dest="duration_s",
        type=float,
        metavar="SECONDS",
        help="hang up after so long; without it, once all is answered",
    )
