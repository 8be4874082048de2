"""Whether a value fits a JSON schema, for the part of JSON Schema 2020-12 that functions here are described with.

The ``jsonschema`` package knows all of it, but costs 50 ms at each start and a dependency with compiled parts, and its
messages quote the value, which came from outside. A keyword that is not understood here is refused when a function is
registered, so that nothing goes unchecked in silence.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, TypeAlias

Schema: TypeAlias = Mapping[str, Any]

_TYPES: Final[Mapping[str, tuple[str, Callable[[object], bool]]]] = {
    "object": ("an object", lambda value: isinstance(value, dict)),
    "array": ("a list", lambda value: isinstance(value, list)),
    "string": ("text", lambda value: isinstance(value, str)),
    "boolean": ("true or false", lambda value: isinstance(value, bool)),
    # 1e999 is JSON, and infinite.
    "number": (
        "a number",
        lambda value: not isinstance(value, bool) and isinstance(value, int | float) and abs(value) != float("inf"),
    ),
    # 600.0 is an integer (JSON Schema validation, section 6.1.1), true is not.
    "integer": (
        "a whole number",
        lambda value: (
            not isinstance(value, bool)
            and (isinstance(value, int) or (isinstance(value, float) and value.is_integer()))
        ),
    ),
}
_ANYWHERE: Final = frozenset(("type", "description", "enum"))
_KEYWORDS: Final[Mapping[str, frozenset[str]]] = {
    "object": frozenset(("properties", "required", "additionalProperties")),
    "array": frozenset(("items", "maxItems")),
    "string": frozenset(("minLength", "maxLength")),
    "boolean": frozenset(),
    "number": frozenset(("minimum", "maximum")),
    "integer": frozenset(("minimum", "maximum")),
}


def require_checkable(schema: Schema) -> None:
    """Raise ValueError when the schema says something that ``misfit`` would not check."""
    kind = str(schema.get("type"))
    if kind not in _TYPES:
        raise ValueError(f"a schema needs one of the types {', '.join(_TYPES)}")
    if unknown := schema.keys() - _ANYWHERE - _KEYWORDS[kind]:
        raise ValueError(f"a schema of type {kind} cannot be checked for {', '.join(sorted(unknown))}")
    if kind == "object" and schema.get("additionalProperties") is not False:
        raise ValueError("an object's schema must refuse additional properties")
    for inner in (*schema.get("properties", {}).values(), *((schema["items"],) if "items" in schema else ())):
        require_checkable(inner)


def misfit(value: object, schema: Schema) -> str:
    """The first thing about ``value``, as it came out of JSON, that does not fit; "" when it fits.

    A sentence that holds words of the schema only, never of the value.
    """
    return next(_misfits(value, schema, "The arguments"), "")


def _misfits(value: object, schema: Schema, place: str) -> Iterator[str]:
    words, fits = _TYPES[schema["type"]]
    if not fits(value):
        yield f"{place} must be {words}."
        return
    if "enum" in schema and value not in schema["enum"]:
        yield f"{place} must be one of {', '.join(map(str, schema['enum']))}."
    match value:
        case dict():
            yield from _misfits_of_object(value, schema, place)
        case list():
            if len(value) > schema.get("maxItems", len(value)):
                yield f"{place} must have at most {schema['maxItems']} entries."
            for each in value if "items" in schema else ():
                yield from _misfits(each, schema["items"], f"Each entry of {place}")
        case str():
            yield from _misfits_of_text(value, schema, place)
        case int() | float():
            if value < schema.get("minimum", value):
                yield f"{place} must be at least {schema['minimum']}."
            if value > schema.get("maximum", value):
                yield f"{place} must be at most {schema['maximum']}."
        case _:
            pass


def _misfits_of_object(value: Mapping[str, object], schema: Schema, place: str) -> Iterator[str]:
    properties = schema.get("properties", {})
    for name in schema.get("required", ()):
        if name not in value:
            yield f"{place} must have the property {name}."
    if value.keys() - properties.keys():
        yield f"{place} may have these properties only: {', '.join(properties) or 'none'}."
    for name, inner in properties.items():
        if name in value:
            yield from _misfits(value[name], inner, f"The property {name}")


def _misfits_of_text(value: str, schema: Schema, place: str) -> Iterator[str]:
    if len(value) < schema.get("minLength", 0):
        yield f"{place} must have at least {schema['minLength']} characters."
    if len(value) > schema.get("maxLength", len(value)):
        yield f"{place} must have at most {schema['maxLength']} characters."
    # JSON can spell half a character ("\ud800"), which neither Qt nor UTF-8 can hold.
    if any("\ud800" <= character <= "\udfff" for character in value):
        yield f"{place} must consist of whole Unicode characters."
