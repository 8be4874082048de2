"""What each value of the settings file may be. Pure: plain values in, checked values out, and back."""

import contextlib
import re
from collections.abc import Callable, Mapping
from dataclasses import fields
from enum import Enum

from app.audio.catalog import Kind
from app.audio.loudness import Target
from app.conversation.presets import PRESETS
from app.conversation.prices import Price
from app.conversation.profiles import AuthStyle, Dialect, Door, IceServer, Transport
from app.conversation.settings import DesktopSettings, Effort, Hearing, NoiseFilter, TalkMode, Theme, TurnMode
from app.realtime.choices import Modality, RetentionRatio, TruncationMode
from app.vault.redaction import looks_like_a_key

LONGEST_TEXT = 2_000
LONGEST_INSTRUCTIONS = 50_000
LONGEST_KEY = 60
LONGEST_WAIT_MS = 10_000
LONGEST_IDLE_S = 24 * 3600
MOST_USD = 1_000_000.0

PROFILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
"""Names go onto the command line and into the keyring."""
MODEL_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:/@-]{0,99}")


class Unfit(ValueError):
    """A value that cannot be used."""


Shape = Callable[[object], object]
"""Checks one value from the file; raises Unfit."""


def one_of(kind: type[Enum]) -> Shape:
    """A member of an enumeration, by its value."""

    def read(value: object) -> object:
        try:
            return kind(value)
        except ValueError:
            raise Unfit from None

    return read


def word(*words: str) -> Shape:
    """One of these words."""

    def read(value: object) -> object:
        if value not in words:
            raise Unfit
        return value

    return read


def text(longest: int = LONGEST_TEXT) -> Shape:
    """Text up to this length."""

    def read(value: object) -> object:
        if not isinstance(value, str) or len(value) > longest:
            raise Unfit
        return value

    return read


def number(low: float, high: float) -> Shape:
    """A number in this range (NaN is in none)."""

    def read(value: object) -> object:
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            raise Unfit
        return float(value)

    return read


def whole(low: int, high: int) -> Shape:
    """A whole number in this range."""

    def read(value: object) -> object:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise Unfit
        return value

    return read


def flag(value: object) -> object:
    """True or false."""
    if not isinstance(value, bool):
        raise Unfit
    return value


def texts(value: object) -> object:
    """A list of texts."""
    if not isinstance(value, list):
        raise Unfit
    return tuple(text()(entry) for entry in value)


def numbers(low: float, high: float) -> Shape:
    """A table of numbers in this range."""

    def read(value: object) -> object:
        if not isinstance(value, Mapping):
            raise Unfit
        return {text()(name): number(low, high)(entry) for name, entry in value.items()}

    return read


def either(*shapes: Shape) -> Shape:
    """What one of these shapes takes."""

    def read(value: object) -> object:
        for shape in shapes:
            with contextlib.suppress(Unfit):
                return shape(value)
        raise Unfit

    return read


def retention_ratio(value: object) -> object:
    """How much of a conversation stays when it is cut, as a share of it."""
    share = number(0.0, 1.0)(value)
    assert isinstance(share, float)
    return RetentionRatio(share)


def ice_servers(value: object) -> object:
    """A list of tables with ``url`` and perhaps ``username`` and ``password``."""
    if not isinstance(value, list):
        raise Unfit
    return tuple(_ice_server(entry) for entry in value)


def _ice_server(value: object) -> IceServer:
    if not isinstance(value, dict) or not value.keys() <= {"url", "username", "password"}:
        raise Unfit
    if not all(isinstance(part, str) for part in value.values()):
        raise Unfit
    if not str(value.get("url", "")).startswith(("stun:", "turn:", "turns:", "stuns:")):
        raise Unfit
    return IceServer(**value)


PREFERENCES: Mapping[str, Shape] = {
    "profile": text(),
    "instructions": text(LONGEST_INSTRUCTIONS),
    "transcription_model": text(),
    "transcription_language": text(),
    "output_modality": one_of(Modality),
    "speed": number(0.25, 1.5),
    "noise_reduction": one_of(NoiseFilter),
    "hearing": one_of(Hearing),
    "max_output_tokens": either(word("inf"), whole(1, 4096)),
    "truncation": either(one_of(TruncationMode), retention_ratio),
    "reasoning_effort": one_of(Effort),
    "restore_context": flag,
    "idle_hang_up_s": either(whole(0, 0), whole(30, LONGEST_IDLE_S)),
    "cost_cap_usd": number(0.0, MOST_USD),
    "output_volume": number(0.0, 1.0),
    "lower_others": flag,
    "muted": flag,
    "theme": one_of(Theme),
    "welcomed": flag,
}
TURN: Mapping[str, Shape] = {
    "mode": one_of(TurnMode),
    "threshold": number(0.0, 1.0),
    "prefix_padding_ms": whole(0, LONGEST_WAIT_MS),
    "silence_duration_ms": whole(0, LONGEST_WAIT_MS),
    "eagerness": word("auto", "low", "medium", "high"),
    "tail_ms": whole(0, LONGEST_WAIT_MS),
    "pre_roll_ms": whole(0, LONGEST_WAIT_MS),
    "interrupt_response": flag,
    "idle_timeout_ms": either(whole(0, 0), whole(5000, 30_000)),
}
TALK: Mapping[str, Shape] = {"mode": one_of(TalkMode), "key": text(LONGEST_KEY), "longest_hold_s": whole(5, 3600)}
CUES: Mapping[str, Shape] = {"enabled": flag, "volume": number(0.0, 1.0)}
DESKTOP: Mapping[str, Shape] = {each.name: flag for each in fields(DesktopSettings)}
DEVICE: Mapping[str, Shape] = {"id": text(), "name": text(), "earlier": texts, "kind": one_of(Kind)}
LEVEL: Mapping[str, Shape] = {"target": one_of(Target), "voices_dbfs": numbers(-100.0, 0.0)}
PRICE: Mapping[str, Shape] = {each.name: number(0.0, MOST_USD) for each in fields(Price)}
PROFILE: Mapping[str, Shape] = {
    "preset": word("", *(preset.name for preset in PRESETS)),
    "title": text(),
    "door": one_of(Door),
    "broker_url": text(),
    "server_url": text(),
    "calls_path": text(),
    "secrets_path": text(),
    "socket_path": text(),
    "auth": one_of(AuthStyle),
    "dialect": one_of(Dialect),
    "transport": one_of(Transport),
    "envelope": flag,
    "model": text(),
    "voice": text(),
    "own_transcription": flag,
    "ice_servers": ice_servers,
}


def plain(value: object) -> object:
    """A checked value as it is written into the file."""
    match value:
        case Enum():
            return value.value
        case IceServer():
            parts = {"url": value.url, "username": value.username, "password": value.password}
            return {name: part for name, part in parts.items() if part}
        case RetentionRatio():
            return value.retention_ratio
        case tuple():
            return [plain(entry) for entry in value]
        case _:
            return value


def holds_a_key(value: object) -> bool:
    """Whether anything that looks like an API key or a short-lived secret stands in the value, at any depth."""
    match value:
        case str():
            return looks_like_a_key(value)
        case dict():
            return any(holds_a_key(part) for part in value.values())
        case list() | tuple():
            return any(holds_a_key(part) for part in value)
        case _:
            return False
