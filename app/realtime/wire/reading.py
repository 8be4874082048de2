"""From JSON values to our types, driven by the types' own annotations.

Two manners: tolerant, for what servers say (null, a wrong type or an unknown value in a field that has a default gives
the default; whatever was passed over is noted), and strict, for what a server must check in requests.
"""

import base64
import binascii
import math
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, Final, Literal, Union, get_args, get_origin, get_type_hints

from app.realtime.events import ErrorCode
from app.realtime.session import UNSET, Unset
from app.realtime.wire.beta import from_beta
from app.realtime.wire.names import BETA_PATHS, GA_PATHS, IGNORED, PART_TAGS, REST, TAGS, Path

_ABSENT: Final = object()
_NOTE_CHARACTERS: Final = 64
_LONG_TAGS: Final = {short: long for long, short in PART_TAGS.items()}


class Misfit(Exception):
    """A value does not fit its field. Says which field and what was expected, never the value."""

    def __init__(self, code: ErrorCode, param: str, message: str) -> None:
        super().__init__(f"{param or 'the message'}: {message}")
        self.code = code
        self.param = param


@dataclass(frozen=True, slots=True)
class Slot:
    """One field of one of our types."""

    name: str
    hint: Any
    field: Field[Any]

    @property
    def required(self) -> bool:
        """Whether there is no sense without it."""
        return self.field.default is MISSING and self.field.default_factory is MISSING

    @property
    def nullable(self) -> bool:
        """Whether null says something else than absence."""
        return self.field.default is UNSET and NoneType in get_args(self.hint)

    def paths(self, cls: type, layouts: tuple[dict[type, dict[str, Path]], ...]) -> tuple[Path, ...]:
        """Where the field may stand, in the order of the layouts."""
        return tuple(layout.get(cls, {}).get(self.name, (self.name,)) for layout in layouts)


@cache
def slots_of(cls: type) -> tuple[Slot, ...]:
    """The fields of a type with their resolved annotations."""
    hints = get_type_hints(cls)
    return tuple(Slot(each.name, hints[each.name], each) for each in fields(cls))


class Reader:
    """Reads one message; ``notes`` then holds the names of the fields that were passed over."""

    def __init__(self, *, strict: bool, beta: bool = False) -> None:
        self.notes: list[str] = []
        self._strict = strict
        self._wants_tags = strict and not beta
        own, other = (BETA_PATHS, GA_PATHS) if beta else (GA_PATHS, BETA_PATHS)
        self._layouts = (own,) if strict else (own, other)

    def read_object(self, cls: type, body: object, at: str = "") -> Any:
        """An instance of the dataclass ``cls``; raises Misfit."""
        if not isinstance(body, dict):
            raise Misfit(ErrorCode.INVALID_TYPE, at, "an object is expected")
        self._check_tag(cls, body, at)
        self._check_unknown(cls, body, at)
        values = {}
        for slot in slots_of(cls):
            path, found = self._find(cls, slot, body)
            value = self._read_slot(slot, found, _join(at, path))
            if value is not _ABSENT:
                values[slot.name] = value
        return cls(**values)

    def _check_tag(self, cls: type, body: dict[str, object], at: str) -> None:
        """Requests must carry the type that GA demands; servers are taken at their word."""
        tag = TAGS.get(cls)
        if not self._wants_tags or tag is None:
            return
        if "type" not in body:
            raise Misfit(ErrorCode.MISSING_PARAMETER, _join(at, ("type",)), "it is missing")
        if _tag_of(body) != tag:
            raise Misfit(ErrorCode.INVALID_VALUE, _join(at, ("type",)), f"{tag} is expected")

    def _check_unknown(self, cls: type, body: dict[str, object], at: str) -> None:
        known = {path for slot in slots_of(cls) for path in slot.paths(cls, self._layouts)}
        if REST in known or () in known:
            return
        ignored = IGNORED.get(cls, frozenset()) | {"type", "object"}
        for path in _strangers(body, known):
            if path[0] in ignored:
                continue
            if self._strict:
                raise Misfit(ErrorCode.UNKNOWN_PARAMETER, _join(at, path), "there is no such parameter")
            self._note(_join(at, path))

    def _note(self, name: str) -> None:
        self.notes.append(name[:_NOTE_CHARACTERS])

    def _find(self, cls: type, slot: Slot, body: dict[str, object]) -> tuple[Path, object]:
        paths = slot.paths(cls, self._layouts)
        for path in paths:
            if path == REST:
                claimed = {each.name for each in slots_of(cls)}
                return (), {key: value for key, value in body.items() if key not in claimed}
            found = _dig(body, path)
            if found is not _ABSENT:
                return path, from_beta(path, found)
        return paths[0], _ABSENT

    def _read_slot(self, slot: Slot, found: object, at: str) -> object:
        """The field's value, or _ABSENT where the default is to stand in."""
        if found is None and not slot.nullable:
            found = _ABSENT
        if found is _ABSENT:
            if slot.required:
                raise Misfit(ErrorCode.MISSING_PARAMETER, at, "it is missing")
            return _ABSENT
        try:
            return self.read(slot.hint, found, at)
        except Misfit:
            if slot.required or self._strict:
                raise
            self._note(at)
            return _ABSENT

    def read(self, hint: Any, value: object, at: str) -> object:
        """A value of the annotated type; raises Misfit."""
        origin = get_origin(hint)
        if origin in (Union, UnionType):
            return self._read_union(get_args(hint), value, at)
        if origin is tuple:
            return self._read_list(get_args(hint)[0], value, at)
        if origin is Literal:
            if isinstance(value, str) and value in get_args(hint):
                return value
            raise Misfit(ErrorCode.INVALID_VALUE, at, f"one of {', '.join(get_args(hint))} is expected")
        if is_dataclass(hint) and isinstance(hint, type):
            return self.read_object(hint, value, at)
        return _read_plain(origin or hint, value, at)

    def _read_list(self, hint: Any, value: object, at: str) -> tuple[object, ...]:
        if not isinstance(value, list):
            raise Misfit(ErrorCode.INVALID_TYPE, at, "a list is expected")
        found = []
        for index, each in enumerate(value):
            where = f"{at}[{index}]"
            try:
                found.append(self.read(hint, each, where))
            except Misfit:
                if self._strict:
                    raise
                self._note(where)
        return tuple(found)

    def _read_union(self, hints: tuple[Any, ...], value: object, at: str) -> object:
        if value is None and NoneType in hints:
            return None
        if isinstance(value, dict) and any(is_dataclass(hint) for hint in hints):
            return self.read_object(_choose(hints, value, at), value, at)
        misfit = Misfit(ErrorCode.INVALID_TYPE, at, "it has the wrong type")
        for hint in hints:
            if hint in (NoneType, Unset) or is_dataclass(hint):
                continue
            try:
                return self.read(hint, value, at)
            except Misfit as why:
                misfit = why
        raise misfit


def _choose(hints: tuple[Any, ...], body: dict[str, object], at: str) -> type:
    """Which of several classes an object is: by its tag, else the one that takes the rest."""
    classes = [hint for hint in hints if is_dataclass(hint) and isinstance(hint, type)]
    tag = _tag_of(body)
    for cls in classes:
        if cls in TAGS and TAGS[cls] == tag:
            return cls
    for cls in classes:
        if REST in GA_PATHS.get(cls, {}).values() or cls not in TAGS:
            return cls
    raise Misfit(ErrorCode.INVALID_VALUE, _join(at, ("type",)), "it is none of the known ones")


def _tag_of(body: dict[str, object]) -> str:
    tag = body.get("type")
    return _LONG_TAGS.get(tag, tag) if isinstance(tag, str) else ""


def _read_plain(hint: Any, value: object, at: str) -> object:
    if hint is object:
        return value
    if hint is Mapping and isinstance(value, dict):
        return value
    if hint in (str, bool) and isinstance(value, hint):
        return value
    if hint in (int, float) and isinstance(value, int | float) and not isinstance(value, bool):
        return _read_number(hint, value, at)
    if isinstance(value, str) and hint is bytes:
        return _read_base64(value, at)
    if isinstance(value, str) and issubclass(hint, Enum):
        try:
            return hint(value)
        except ValueError:
            choices = ", ".join(str(each.value) for each in hint)
            raise Misfit(ErrorCode.INVALID_VALUE, at, f"one of {choices} is expected") from None
    raise Misfit(ErrorCode.INVALID_TYPE, at, "it has the wrong type")


def _read_number(hint: type[int] | type[float], value: float, at: str) -> float:
    """Some servers write milliseconds with a fraction; it is cut off."""
    try:
        if math.isfinite(value):
            return hint(value)
    except OverflowError:
        pass
    raise Misfit(ErrorCode.INVALID_VALUE, at, "a finite number is expected")


def _read_base64(value: str, at: str) -> bytes:
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise Misfit(ErrorCode.INVALID_VALUE, at, "base64 is expected") from None


def _dig(body: object, path: Path) -> object:
    for key in path:
        if not isinstance(body, dict) or key not in body:
            return _ABSENT
        body = body[key]
    return body


def _strangers(body: dict[str, object], known: set[Path], above: Path = ()) -> Iterator[Path]:
    """The paths in an object that none of the known ones leads to or passes through."""
    for key, value in body.items():
        path = (*above, key)
        if path in known:
            continue
        if not any(each[: len(path)] == path for each in known):
            yield path
        elif isinstance(value, dict):
            yield from _strangers(value, known, path)


def _join(at: str, path: Path) -> str:
    return ".".join((at, *path) if at else path)
