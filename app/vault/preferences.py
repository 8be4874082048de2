"""The settings file: TOML that people may edit. Reading never fails, writing never loses anything.

Only what differs from the file is written, so that comments, unknown keys and even unusable values stay until the
setting they belong to is changed. No secret is ever written; a profile that holds one is not used.
"""

import contextlib
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.conversation.settings import Settings
from app.conversation.troubles import SettingsBroken, SettingsIgnored, SettingsUnwritable, StorageTrouble
from app.vault.atomic import replace_file
from app.vault.places import private_folder
from app.vault.records import keys_in, read_settings

if TYPE_CHECKING:
    from tomlkit import TOMLDocument

LONGEST_FILE_BYTES = 1_000_000


def load(path: Path) -> tuple[Settings, StorageTrouble | None]:
    """The settings, and what is wrong with the file, if anything. Never raises; blocks on the disk.

    A file that is no TOML is set aside (SettingsBroken); values that cannot be used are left alone and have their
    defaults (SettingsIgnored).
    """
    try:
        told, broken = _values(path)
    except OSError as error:
        return Settings(), SettingsIgnored(f"the file cannot be read ({error.strerror})")
    ignored: list[str] = []
    settings = read_settings(told, ignored)
    return settings, SettingsIgnored(", ".join(ignored)) if ignored else broken


def save(path: Path, settings: Settings) -> None:
    """Write what changed, atomically and durably; raises SettingsUnwritable. Blocks on the disk."""
    from app.vault.document import changed  # here, as below: the first paint need not wait for it

    if misplaced := next(keys_in(settings), None):
        raise SettingsUnwritable(f"{misplaced} holds what looks like an API key")
    try:
        target = path.resolve()  # a link into a folder of dot-files should stay one
        private_folder(target.parent)
        document, _broken = _document(target)
        replace_file(target, changed(document, settings))
    except OSError as error:
        raise SettingsUnwritable(error.strerror or type(error).__name__) from error


def _values(path: Path) -> tuple[Mapping[str, Any], SettingsBroken | None]:
    """What the file says; one that cannot be parsed is set aside first. Raises OSError."""
    with contextlib.suppress(ValueError, RecursionError):
        try:
            raw = _read(path)
        except FileNotFoundError:
            return {}, None
        if len(raw) <= LONGEST_FILE_BYTES:
            return tomllib.loads(raw.decode("utf-8-sig")), None
    document, broken = _document(path)  # tells what is wrong with it
    return document.unwrap(), broken


def _document(path: Path) -> "tuple[TOMLDocument, SettingsBroken | None]":
    """The file's document, or a fresh one; a file that cannot be parsed is set aside first. Raises OSError."""
    from app.vault.document import NotToml, fresh, parse

    try:
        raw = _read(path)
    except FileNotFoundError:
        return fresh(), None
    if len(raw) > LONGEST_FILE_BYTES:
        return fresh(), _set_aside(path, "it is too long")
    try:
        return parse(raw), None
    except NotToml as error:
        return fresh(), _set_aside(path, str(error))


def _read(path: Path) -> bytes:
    """The file, or a little more of it than may be."""
    with path.open("rb") as file:
        return file.read(LONGEST_FILE_BYTES + 1)


def _set_aside(path: Path, why: str) -> SettingsBroken:
    number = 1
    while (aside := path.with_name(f"{path.stem}.broken-{number}{path.suffix}")).exists():
        number += 1
    path.rename(aside)
    return SettingsBroken(aside.name, why)
