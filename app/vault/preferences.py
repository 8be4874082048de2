"""The settings file: TOML that people may edit. Reading never fails, writing never loses anything.

Only what differs from the file is written, so that comments, unknown keys and even unusable values stay until the
setting they belong to is changed. No secret is ever written; a profile that holds one is not used.
"""

import contextlib
from pathlib import Path

import tomlkit
from tomlkit.exceptions import ParseError, TOMLKitError

from app.conversation.settings import Settings
from app.conversation.troubles import SettingsBroken, SettingsIgnored, SettingsUnwritable, StorageTrouble
from app.vault.atomic import replace_file
from app.vault.places import private_folder
from app.vault.records import SCHEMA, comparable, keys_in, read_settings, update

LONGEST_FILE_BYTES = 1_000_000

_HEADER = (
    "Settings of Parlance. You may edit this file; what you add stays.",
    "API keys and broker credentials do not belong here: the keyring keeps them.",
)


def load(path: Path) -> tuple[Settings, StorageTrouble | None]:
    """The settings, and what is wrong with the file, if anything. Never raises; blocks on the disk.

    A file that is no TOML is set aside (SettingsBroken); values that cannot be used are left alone and have their
    defaults (SettingsIgnored).
    """
    try:
        document, broken = _document(path)
    except OSError as error:
        return Settings(), SettingsIgnored(f"the file cannot be read ({error.strerror})")
    ignored: list[str] = []
    settings = read_settings(document.unwrap(), ignored)
    return settings, SettingsIgnored(", ".join(ignored)) if ignored else broken


def save(path: Path, settings: Settings) -> None:
    """Write what changed, atomically and durably; raises SettingsUnwritable. Blocks on the disk."""
    if misplaced := next(keys_in(settings), None):
        raise SettingsUnwritable(f"{misplaced} holds what looks like an API key")
    try:
        target = path.resolve()  # a link into a folder of dot-files should stay one
        private_folder(target.parent)
        document, _broken = _document(target)
        text = _changed(document, settings)
        replace_file(target, text)
    except OSError as error:
        raise SettingsUnwritable(error.strerror or type(error).__name__) from error


# --- from the file --------------------------------------------------------------------------------------------


def _document(path: Path) -> tuple[tomlkit.TOMLDocument, SettingsBroken | None]:
    """The file's document, or a fresh one; a file that cannot be parsed is set aside first. Raises OSError."""
    try:
        with path.open("rb") as file:
            raw = file.read(LONGEST_FILE_BYTES + 1)
    except FileNotFoundError:
        return _fresh(), None
    if len(raw) > LONGEST_FILE_BYTES:
        return _fresh(), _set_aside(path, "it is too long")
    try:
        return tomlkit.parse(raw.decode("utf-8-sig")), None
    except ParseError as error:
        return _fresh(), _set_aside(path, f"line {error.line}")
    except (TOMLKitError, ValueError, RecursionError):
        return _fresh(), _set_aside(path, "it is not TOML")


def _fresh() -> tomlkit.TOMLDocument:
    document = tomlkit.document()
    for line in _HEADER:
        document.add(tomlkit.comment(line))
    document["schema"] = SCHEMA
    return document


def _set_aside(path: Path, why: str) -> SettingsBroken:
    number = 1
    while (aside := path.with_name(f"{path.stem}.broken-{number}{path.suffix}")).exists():
        number += 1
    path.rename(aside)
    return SettingsBroken(aside.name, why)


# --- into the file --------------------------------------------------------------------------------------------


def _changed(document: tomlkit.TOMLDocument, settings: Settings) -> str:
    """The document's text with what differs; raises SettingsUnwritable rather than a text that reads otherwise.

    tomlkit cannot change every compact style (inline and dotted tables) in place; such a file is laid out afresh,
    which costs its comments but none of its values.
    """
    afresh = _fresh()
    afresh.update(document.unwrap())
    for candidate in (document, afresh):
        with contextlib.suppress(TOMLKitError, ValueError):
            update(candidate, settings)
            text = tomlkit.dumps(candidate)
            if comparable(read_settings(tomlkit.parse(text).unwrap(), [])) == comparable(settings):
                return text
    raise SettingsUnwritable("its text cannot be changed safely")
