"""From the JSON of the panel to faults, and back."""

import math
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, Final

from app.realtime.events import ErrorCode
from app.servers.rehearsal.engine.refusal import Refusal
from app.servers.rehearsal.faults.table import FAULTS, Fault

_NAMES: Final = {cls: name for name, cls in FAULTS.items()}
_LARGEST: Final = 1e9


def read_faults(document: object, where: str) -> tuple[Fault, ...]:
    """The faults of a JSON object from names to parameters; raises Refusal."""
    if not isinstance(document, dict):
        raise Refusal(f"The value of '{where}' must be a JSON object.", ErrorCode.INVALID_TYPE, where)
    return tuple(_read(name, given, f"{where}.{name}") for name, given in document.items())


def written(faults: tuple[Fault, ...]) -> dict[str, dict[str, object]]:
    """The JSON that ``read_faults`` would take for them."""
    return {_NAMES[type(each)]: {field.name: getattr(each, field.name) for field in fields(each)} for each in faults}


def described() -> dict[str, dict[str, object]]:
    """The table in words."""
    return {
        name: {"does": cls.__doc__, "strikes": cls.strikes, "parameters": parameters(cls)}
        for name, cls in FAULTS.items()
    }


def parameters(cls: type[Fault]) -> dict[str, object]:
    """The parameters of a fault with what they are if not said; those of its own first."""
    own = [field for field in fields(cls) if field.name != "times"]
    return {field.name: field.default for field in (*own, *fields(Fault))}


def _read(name: str, given: object, where: str) -> Fault:
    if name not in FAULTS:
        raise Refusal(f"There is no fault '{name[:40]}'.", ErrorCode.INVALID_VALUE, where[:80])
    cls = FAULTS[name]
    values: dict[str, Any] = {}
    for key, value in _parameters_of(given, where).items():
        if key not in parameters(cls):
            raise Refusal(f"Unknown parameter: '{key[:40]}'.", ErrorCode.UNKNOWN_PARAMETER, where)
        values[key] = _fitting(value, parameters(cls)[key], f"{where}.{key}")
    try:
        return cls(**values)
    except ValueError as wrong:
        raise Refusal(f"Invalid value for '{wrong}'.", ErrorCode.INVALID_VALUE, f"{where}.{wrong}") from wrong


def _parameters_of(given: object, where: str) -> Mapping[str, object]:
    if not isinstance(given, dict):
        raise Refusal("The parameters must be a JSON object.", ErrorCode.INVALID_TYPE, where)
    return given


def _fitting(value: object, default: object, where: str) -> object:
    """The value as its default's type; raises Refusal."""
    match default, value:
        case (bool(), bool()) | (str(), str()):
            return value
        case (int(), int()) if not isinstance(default, bool) and not isinstance(value, bool):
            return _bounded(value, where)
        case (float(), int() | float()) if not isinstance(value, bool):
            return float(_bounded(value, where))
        case (tuple(), list()) if all(isinstance(each, str) for each in value):
            return tuple(value)
        case _:
            pass
    raise Refusal("The parameter has the wrong type.", ErrorCode.INVALID_TYPE, where)


def _bounded(value: float, where: str) -> float:
    lowest = -_LARGEST if where.endswith("skewed_clock.s") else 0
    if not math.isfinite(value) or not lowest <= value <= _LARGEST:
        raise Refusal("The number is out of bounds.", ErrorCode.INVALID_VALUE, where)
    return value
