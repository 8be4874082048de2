"""The settings file as a document: its comments, unknown keys and order stay while values change.

Only what writes needs this, and files that are broken: tomlkit takes longer to load than to do its work.
"""

import contextlib
from collections.abc import Mapping, MutableMapping
from typing import Any

import tomlkit
from tomlkit.exceptions import ParseError, TOMLKitError

from app.conversation.prices import Price
from app.conversation.settings import Settings
from app.conversation.troubles import SettingsUnwritable
from app.vault.records import GROUPS, SCHEMA, Record, comparable, read_profile, read_settings
from app.vault.shapes import PREFERENCES, PRICE, PROFILE, Shape, plain

_HEADER = (
    "Settings of Parlance. You may edit this file; what you add stays.",
    "API keys and broker credentials do not belong here: the keyring keeps them.",
)


class NotToml(ValueError):
    """It cannot be parsed; the message tells where."""


def parse(raw: bytes) -> tomlkit.TOMLDocument:
    """The document of a file's content; raises NotToml."""
    try:
        return tomlkit.parse(raw.decode("utf-8-sig"))
    except ParseError as error:
        raise NotToml(f"line {error.line}") from error
    except (TOMLKitError, ValueError, RecursionError) as error:
        raise NotToml("it is not TOML") from error


def fresh() -> tomlkit.TOMLDocument:
    """The document of somebody who has set nothing yet."""
    document = tomlkit.document()
    for line in _HEADER:
        document.add(tomlkit.comment(line))
    document["schema"] = SCHEMA
    return document


def changed(document: tomlkit.TOMLDocument, settings: Settings) -> str:
    """The document's text with what differs; raises SettingsUnwritable rather than a text that reads otherwise.

    tomlkit cannot change every compact style (inline and dotted tables) in place; such a file is laid out afresh,
    which costs its comments but none of its values.
    """
    afresh = fresh()
    afresh.update(document.unwrap())
    for candidate in (document, afresh):
        with contextlib.suppress(TOMLKitError, ValueError):
            _update(candidate, settings)
            text = tomlkit.dumps(candidate)
            if comparable(read_settings(tomlkit.parse(text).unwrap(), [])) == comparable(settings):
                return text
    raise SettingsUnwritable("its text cannot be changed safely")


def _update(document: tomlkit.TOMLDocument, settings: Settings) -> None:
    """Write into the document what differs from what it says."""
    before = read_settings(document.unwrap(), [])
    _write(document, before, settings, PREFERENCES)
    for group, shapes in GROUPS.items():
        if getattr(before, group) != getattr(settings, group):
            _write(_table(document, group), getattr(before, group), getattr(settings, group), shapes)
    _update_profiles(document, before, settings)
    _update_prices(document, before.prices, settings.prices)


def _update_profiles(document: tomlkit.TOMLDocument, before: Settings, settings: Settings) -> None:
    kept = {profile.name for profile in settings.profiles}
    _drop(document, "profiles", {profile.name for profile in before.profiles} - kept)
    for profile in settings.profiles:
        if profile != before.profile_named(profile.name):
            table = _table(_table(document, "profiles", is_group=True), profile.name)
            # The preset first: it is what the other values differ from.
            if read_profile(profile.name, _said(document, "profiles", profile.name), []).preset != profile.preset:
                table["preset"] = profile.preset
            _write(table, read_profile(profile.name, _said(document, "profiles", profile.name), []), profile, PROFILE)


def _update_prices(document: tomlkit.TOMLDocument, before: Mapping[str, Price], prices: Mapping[str, Price]) -> None:
    _drop(document, "prices", before.keys() - prices.keys())
    for model, price in prices.items():
        if price != before.get(model):
            table = _table(_table(document, "prices", is_group=True), model)
            _write(table, before.get(model, Price()), price, PRICE)


def _write(table: MutableMapping[str, Any], before: Record, after: Record, shapes: Mapping[str, Shape]) -> None:
    for name in shapes:
        if getattr(before, name) != getattr(after, name):
            table[name] = plain(getattr(after, name))


def _drop(document: tomlkit.TOMLDocument, group: str, names: set[str]) -> None:
    for name in names:
        if name in _said(document, group):
            del _table(document, group)[name]


def _said(document: tomlkit.TOMLDocument, *names: str) -> Mapping[str, Any]:
    """The table of that name as plain values; empty where none is."""
    said: Mapping[str, Any] = document.unwrap()
    for name in names:
        inner = said.get(name)
        said = inner if isinstance(inner, Mapping) else {}
    return said


def _table(parent: MutableMapping[str, Any], name: str, *, is_group: bool = False) -> MutableMapping[str, Any]:
    if not isinstance(parent.get(name), MutableMapping):
        parent[name] = tomlkit.table(is_super_table=is_group)
    found: MutableMapping[str, Any] = parent[name]
    return found
