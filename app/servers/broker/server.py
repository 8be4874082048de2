"""``main.py broker``: serve, check the configuration, and look after static tokens."""

import argparse
import os
import sys
from dataclasses import replace
from pathlib import Path

from app.servers.broker.building import StartRefused, folder_of, prepare
from app.servers.broker.config.reading import VARIABLE, ConfigRefused, read_settings
from app.servers.broker.config.settings import Settings
from app.servers.broker.records.log import start_log
from app.servers.broker.serving import serve
from app.servers.broker.token_commands import TokensRefused, create_token, list_tokens, revoke_tokens


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options and commands of ``broker``."""
    parser.add_argument(
        "--config", type=Path, metavar="FILE", help=f"broker.toml (default: ${VARIABLE}CONFIG, or none)"
    )
    parser.add_argument("--host", default="", help="address to listen on, instead of the configuration's")
    parser.add_argument("--port", type=int, help="0 takes a free one; instead of the configuration's")
    commands = parser.add_subparsers(dest="broker_command", metavar="COMMAND", title="commands (none serves)")
    commands.add_parser("check", help="read the configuration, key and tokens, say what is wrong, and end")
    token = commands.add_parser("token", help="look after static tokens")
    actions = token.add_subparsers(dest="token_command", metavar="ACTION", required=True)
    create = actions.add_parser("create", help="make a token and show it once")
    create.add_argument("--user", required=True, help="whose it is")
    create.add_argument("--policy", default="default", help="the policy it is under (default: default)")
    create.add_argument("--days", type=int, help="how long it is good (default: until revoked)")
    revoke = actions.add_parser("revoke", help="end a token, or all of a user")
    which = revoke.add_mutually_exclusive_group(required=True)
    which.add_argument("--id", default="", help="the token's id, see list")
    which.add_argument("--user", default="", help="all tokens of this user")
    listing = actions.add_parser("list", help="show the tokens' ids, users, policies and times")
    for each in (create, revoke, listing):
        each.add_argument("--file", type=Path, help="the tokens file (default: the configuration's)")


def run_broker(options: argparse.Namespace) -> int:
    """Do what the command line says; returns the exit code, and says on standard error why it is not 0."""
    try:
        if options.broker_command == "token":
            return _token(options)
        settings = _with_options(_settings(options), options)
        given = prepare(settings, folder_of(_config(options)), os.environ)
        if options.broker_command == "check":
            sys.stdout.write("All is well.\n")
            return 0
        _start_log(settings, given.folder)
        return serve(given)
    except ConfigRefused as why:
        sys.stderr.write("".join(f"{problem}\n" for problem in why.problems))
    except (StartRefused, TokensRefused) as why:
        sys.stderr.write(f"{why}\n")
    return 1


def _start_log(settings: Settings, folder: Path) -> None:
    try:
        start_log(settings.log, folder)
    except OSError as trouble:
        raise StartRefused(f"The log cannot be written: {trouble.strerror}. See [log] file.") from None


def _settings(options: argparse.Namespace) -> Settings:
    return read_settings(_config(options), os.environ)


def _config(options: argparse.Namespace) -> Path | None:
    named = os.environ.get(f"{VARIABLE}CONFIG", "")
    found: Path | None = options.config or (Path(named) if named else None)
    return found


def _with_options(settings: Settings, options: argparse.Namespace) -> Settings:
    server = settings.server
    port = server.port if options.port is None else options.port
    if not 0 <= port <= 65_535:
        raise StartRefused("The port must lie between 0 and 65535.")
    return replace(settings, server=replace(server, host=options.host or server.host, port=port))


def _token(options: argparse.Namespace) -> int:
    file = options.file or _tokens_file(options)
    if options.token_command == "create":
        return create_token(file, options.user, options.policy, options.days)
    if file is None:
        raise TokensRefused("Which file? Say --file FILE, or --config with one that names it in [tokens].")
    if options.token_command == "revoke":
        return revoke_tokens(file, options.id, options.user)
    return list_tokens(file)


def _tokens_file(options: argparse.Namespace) -> Path | None:
    config = _config(options)
    if config is None:
        return None
    named = _settings(options).tokens.file
    return folder_of(config) / named if named else None
