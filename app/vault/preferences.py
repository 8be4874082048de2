"""The settings file: TOML that people may edit. Reading never fails, writing never loses anything.

Only what differs from the file is written, so that comments, unknown keys and even unusable values stay until the
setting they belong to is changed. No secret is ever written; a profile that holds one is not used.
"""

import contextlib
import os
import tempfile
from collections.abc import Iterator, Mapping, MutableMapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import tomlkit
from tomlkit.exceptions import ParseError, TOMLKitError

from app.conversation.profiles import BUILT_IN, Door, Profile
from app.conversation.settings import DeviceChoice, Settings, TurnSettings
from app.conversation.troubles import SettingsBroken, SettingsIgnored, SettingsUnwritable, StorageTrouble
from app.vault.places import private_folder
from app.vault.shapes import DEVICE, PREFERENCES, PROFILE, PROFILE_NAME, TURN, Shape, Unfit, holds_a_key, plain

SCHEMA = 1
LONGEST_FILE_BYTES = 1_000_000

_HEADER = (
    "Settings of Parlance. You may edit this file; what you add stays.",
    "API keys and broker credentials do not belong here: the keyring keeps them.",
)
_GROUPS: Mapping[str, Mapping[str, Shape]] = {"turn": TURN, "microphone": DEVICE, "speaker": DEVICE}

Record = TypeVar("Record", Settings, TurnSettings, DeviceChoice, Profile)


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
    settings = _settings(document.unwrap(), ignored)
    return settings, SettingsIgnored(", ".join(ignored)) if ignored else broken


def save(path: Path, settings: Settings) -> None:
    """Write what changed, atomically and durably; raises SettingsUnwritable. Blocks on the disk."""
    if misplaced := next(_keys_in(settings), None):
        raise SettingsUnwritable(f"{misplaced} holds what looks like an API key")
    try:
        target = path.resolve()  # a link into a folder of dot-files should stay one
        private_folder(target.parent)
        document, _broken = _document(target)
        text = _changed(document, settings)
        _replace(target, text)
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


def _settings(told: Mapping[str, Any], ignored: list[str]) -> Settings:
    """The settings a document stands for; what cannot be used is named in ``ignored``, never quoted."""
    schema = told.get("schema", SCHEMA)
    if not isinstance(schema, int):
        ignored.append("schema")
    elif schema > SCHEMA:
        ignored.append("it was written by a newer version")
    found = _checked(Settings(), told, PREFERENCES, "", ignored)
    return replace(
        found,
        turn=_checked(found.turn, told.get("turn", {}), TURN, "turn", ignored),
        microphone=_checked(found.microphone, told.get("microphone", {}), DEVICE, "microphone", ignored),
        speaker=_checked(found.speaker, told.get("speaker", {}), DEVICE, "speaker", ignored),
        profiles=_profiles(told.get("profiles", {}), ignored),
    )


def _checked(defaults: Record, told: object, shapes: Mapping[str, Shape], where: str, ignored: list[str]) -> Record:
    """The record with those of the told values that can be used."""
    if not isinstance(told, Mapping):
        ignored.append(where)
        return defaults
    good: dict[str, Any] = {}
    for name, shape in shapes.items():
        if name in told:
            try:
                good[name] = shape(told[name])
            except Unfit:
                ignored.append(f"{where}.{name}".removeprefix("."))
    return replace(defaults, **good)


def _profiles(told: object, ignored: list[str]) -> tuple[Profile, ...]:
    """The built-in profiles, changed as the file says, and the file's own."""
    profiles = {profile.name: profile for profile in BUILT_IN}
    if not isinstance(told, Mapping):
        ignored.append("profiles")
        return BUILT_IN
    for name, table in told.items():
        if not PROFILE_NAME.fullmatch(name) or holds_a_key(name):
            ignored.append("a profile with an unusable name")
        elif holds_a_key(table):
            ignored.append(f"profiles.{name}, which holds what looks like an API key")
        else:
            profiles[name] = _checked(_profile_before(name), table, PROFILE, f"profiles.{name}", ignored)
    return tuple(profiles.values())


def _profile_before(name: str) -> Profile:
    """What a profile of that name is before the file says anything."""
    built_in = next((profile for profile in BUILT_IN if profile.name == name), None)
    return built_in or Profile(name=name, title=name, door=Door.BROKER)


# --- into the file --------------------------------------------------------------------------------------------


def _keys_in(settings: Settings) -> Iterator[str]:
    """Where in the settings something stands that looks like a key."""
    for name in PREFERENCES:
        if holds_a_key(getattr(settings, name)):
            yield name
    for profile in settings.profiles:
        if holds_a_key([plain(getattr(profile, name)) for name in PROFILE]) or holds_a_key(profile.name):
            yield "a profile"


def _changed(document: tomlkit.TOMLDocument, settings: Settings) -> str:
    """The document's text with what differs; raises SettingsUnwritable rather than a text that reads otherwise.

    tomlkit cannot change every compact style (inline and dotted tables) in place; such a file is laid out afresh,
    which costs its comments but none of its values.
    """
    afresh = _fresh()
    afresh.update(document.unwrap())
    for candidate in (document, afresh):
        with contextlib.suppress(TOMLKitError, ValueError):
            _update(candidate, settings)
            text = tomlkit.dumps(candidate)
            if _comparable(_settings(tomlkit.parse(text).unwrap(), [])) == _comparable(settings):
                return text
    raise SettingsUnwritable("its text cannot be changed safely")


def _comparable(settings: Settings) -> Settings:
    """With every built-in profile and in one order, as the file has neither."""
    profiles = {profile.name: profile for profile in (*BUILT_IN, *settings.profiles)}
    return replace(settings, profiles=tuple(profiles[name] for name in sorted(profiles)))


def _update(document: tomlkit.TOMLDocument, settings: Settings) -> None:
    before = _settings(document.unwrap(), [])
    _write(document, before, settings, PREFERENCES)
    for group, shapes in _GROUPS.items():
        if getattr(before, group) != getattr(settings, group):
            _write(_table(document, group), getattr(before, group), getattr(settings, group), shapes)
    _update_profiles(document, before, settings)


def _update_profiles(document: tomlkit.TOMLDocument, before: Settings, settings: Settings) -> None:
    kept = {profile.name for profile in (*settings.profiles, *BUILT_IN)}
    for profile in before.profiles:
        if profile.name not in kept:
            del _table(document, "profiles")[profile.name]
    for profile in settings.profiles:
        known = before.profile_named(profile.name)
        if profile != known:
            table = _table(_table(document, "profiles", is_group=True), profile.name)
            _write(table, known or _profile_before(profile.name), profile, PROFILE)


def _write(table: MutableMapping[str, Any], before: Record, after: Record, shapes: Mapping[str, Shape]) -> None:
    for name in shapes:
        if getattr(before, name) != getattr(after, name):
            table[name] = plain(getattr(after, name))


def _table(parent: MutableMapping[str, Any], name: str, *, is_group: bool = False) -> MutableMapping[str, Any]:
    if not isinstance(parent.get(name), MutableMapping):
        parent[name] = tomlkit.table(is_super_table=is_group)
    found: MutableMapping[str, Any] = parent[name]
    return found


def _replace(path: Path, text: str) -> None:
    """All or nothing: a new file beside the old one, on the disk, then renamed. Mode 0600. Raises OSError."""
    handle, temporary = tempfile.mkstemp(prefix=f".{path.stem}-", suffix=path.suffix, dir=path.parent)
    try:
        with open(handle, "wb") as file:
            file.write(text.encode("utf-8", errors="replace"))
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
    if hasattr(os, "O_DIRECTORY"):
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
