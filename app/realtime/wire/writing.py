"""From our types to JSON values. Left out are: what is UNSET, what is None without meaning null, and empty ids."""

import base64
from collections.abc import Mapping
from dataclasses import is_dataclass
from enum import Enum
from typing import Any

from app.realtime.session import UNSET
from app.realtime.wire.beta import to_beta
from app.realtime.wire.names import BETA_PATHS, GA_PATHS, REST, TAGS, Path
from app.realtime.wire.reading import Slot, slots_of


def write(value: object, *, beta: bool = False) -> Any:
    """The JSON form of one of our values."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, tuple):
        return [write(each, beta=beta) for each in value]
    if isinstance(value, Mapping):
        return dict(value)
    if is_dataclass(value):
        return _write_object(value, beta)
    return value


def _write_object(value: object, beta: bool) -> dict[str, Any]:
    cls: type = type(value)
    layout = (BETA_PATHS if beta else GA_PATHS).get(cls, {})
    body: dict[str, Any] = {}
    if cls in TAGS and not (beta and cls in BETA_PATHS):
        body["type"] = TAGS[cls]
    for slot in slots_of(cls):
        content = getattr(value, slot.name)
        if _is_said(slot, content):
            path = layout.get(slot.name, (slot.name,))
            written = write(content, beta=beta)
            _put(body, path, to_beta(path, written) if beta else written)
    return body


def _is_said(slot: Slot, content: object) -> bool:
    if content is None:
        return slot.nullable
    if content == "" and (slot.name == "id" or slot.name.endswith("_id")):
        return False
    return content is not UNSET and slot.field.compare


def _put(body: dict[str, Any], path: Path, written: Any) -> None:
    if path in (REST, ()):
        for key, value in written.items():
            body.setdefault(key, value)
        return
    for key in path[:-1]:
        body = body.setdefault(key, {})
    body[path[-1]] = written
