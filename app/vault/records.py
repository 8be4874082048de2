"""From the tables of the settings file to the settings: what of it can be used."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from app.conversation.presets import preset_named
from app.conversation.prices import PRICES, Price
from app.conversation.profiles import BUILT_IN, Door, Profile
from app.conversation.settings import (
    CueSettings,
    DesktopSettings,
    DeviceChoice,
    LevelSettings,
    Settings,
    TalkSettings,
    TurnSettings,
)
from app.vault.shapes import (
    CUES,
    DESKTOP,
    DEVICE,
    LEVEL,
    MODEL_NAME,
    PREFERENCES,
    PRICE,
    PROFILE,
    PROFILE_NAME,
    TALK,
    TURN,
    Shape,
    Unfit,
    holds_a_key,
    plain,
)

SCHEMA = 1

GROUPS: Mapping[str, Mapping[str, Shape]] = {
    "turn": TURN, "talk": TALK, "cues": CUES, "desktop": DESKTOP, "microphone": DEVICE, "speaker": DEVICE,
    "level": LEVEL,
}  # fmt: skip

Record = TypeVar(
    "Record",
    Settings,
    TurnSettings,
    TalkSettings,
    CueSettings,
    DesktopSettings,
    DeviceChoice,
    LevelSettings,
    Profile,
    Price,
)


# --- from tables ----------------------------------------------------------------------------------------------


def read_settings(told: Mapping[str, Any], ignored: list[str]) -> Settings:
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
        talk=_checked(found.talk, told.get("talk", {}), TALK, "talk", ignored),
        cues=_checked(found.cues, told.get("cues", {}), CUES, "cues", ignored),
        desktop=_checked(found.desktop, told.get("desktop", {}), DESKTOP, "desktop", ignored),
        microphone=_checked(found.microphone, told.get("microphone", {}), DEVICE, "microphone", ignored),
        speaker=_checked(found.speaker, told.get("speaker", {}), DEVICE, "speaker", ignored),
        level=_checked(found.level, told.get("level", {}), LEVEL, "level", ignored),
        profiles=_profiles(told.get("profiles", {}), ignored),
        prices=_prices(told.get("prices", {}), ignored),
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
            profiles[name] = read_profile(name, table, ignored)
    return tuple(profiles.values())


def read_profile(name: str, table: object, ignored: list[str]) -> Profile:
    """What a profile's table makes of its preset, or of the built-in profile of its name."""
    told = table.get("preset") if isinstance(table, Mapping) else None
    preset = preset_named(told) if isinstance(told, str) else None
    built_in = next((profile for profile in BUILT_IN if profile.name == name), None)
    if preset is not None:
        beginning = preset.named(name)
    else:
        beginning = built_in or Profile(name=name, title=name, door=Door.BROKER)
    return _checked(beginning, table, PROFILE, f"profiles.{name}", ignored)


def _prices(told: object, ignored: list[str]) -> dict[str, Price]:
    """The known prices, changed as the file says, and the file's own."""
    prices = PRICES.copy()
    if not isinstance(told, Mapping):
        ignored.append("prices")
        return prices
    for model, table in told.items():
        if not MODEL_NAME.fullmatch(model) or holds_a_key(model):
            ignored.append("a price of a model with an unusable name")
        else:
            prices[model] = _checked(prices.get(model, Price()), table, PRICE, f"prices.{model}", ignored)
    return prices


# --- for whoever writes them ----------------------------------------------------------------------------------


def keys_in(settings: Settings) -> Iterator[str]:
    """Where in the settings something stands that looks like an API key."""
    for name in PREFERENCES:
        if holds_a_key(getattr(settings, name)):
            yield name
    for profile in settings.profiles:
        if holds_a_key([plain(getattr(profile, name)) for name in PROFILE]) or holds_a_key(profile.name):
            yield "a profile"
    if holds_a_key(list(settings.prices)):
        yield "the price list"


def comparable(settings: Settings) -> Settings:
    """With all that is built in and in one order, as a file has neither."""
    profiles = {profile.name: profile for profile in (*BUILT_IN, *settings.profiles)}
    return replace(
        settings,
        profiles=tuple(profiles[name] for name in sorted(profiles)),
        prices={**PRICES, **settings.prices},
    )
