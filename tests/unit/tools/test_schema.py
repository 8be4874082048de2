from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.tools.schema import misfit, require_checkable

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "minLength": 1, "maxLength": 5},
        "size": {"type": "string", "enum": ["small", "large"]},
        "count": {"type": "integer", "minimum": 1, "maximum": 9},
        "share": {"type": "number"},
        "loud": {"type": "boolean"},
        "tags": {"type": "array", "items": {"type": "string", "maxLength": 3}, "maxItems": 2},
        "place": {
            "type": "object",
            "properties": {"city": {"type": "string"}},
            "required": ["city"],
            "additionalProperties": False,
        },
    },
    "required": ["name"],
    "additionalProperties": False,
}


@pytest.mark.parametrize(
    "value",
    [
        {"name": "a"},
        {"name": "abcde", "size": "large", "count": 9, "share": -0.5, "loud": False, "tags": ["x", "y"]},
        {"name": "a", "count": 1.0, "share": 3, "tags": [], "place": {"city": "Köln"}},
    ],
)
def test_what_fits(value: object) -> None:
    assert misfit(value, SCHEMA) == ""


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ([], "The arguments must be an object."),
        (None, "The arguments must be an object."),
        ({}, "The arguments must have the property name."),
        ({"name": 5}, "The property name must be text."),
        ({"name": ""}, "The property name must have at least 1 characters."),
        ({"name": "abcdef"}, "The property name must have at most 5 characters."),
        ({"name": "\ud800"}, "The property name must consist of whole Unicode characters."),
        ({"name": "a", "size": "huge"}, "The property size must be one of small, large."),
        ({"name": "a", "count": True}, "The property count must be a whole number."),
        ({"name": "a", "count": 1.5}, "The property count must be a whole number."),
        ({"name": "a", "count": "3"}, "The property count must be a whole number."),
        ({"name": "a", "count": 0}, "The property count must be at least 1."),
        ({"name": "a", "count": 10}, "The property count must be at most 9."),
        ({"name": "a", "share": float("inf")}, "The property share must be a number."),
        ({"name": "a", "share": True}, "The property share must be a number."),
        ({"name": "a", "loud": 1}, "The property loud must be true or false."),
        ({"name": "a", "tags": "x"}, "The property tags must be a list."),
        ({"name": "a", "tags": ["a", "b", "c"]}, "The property tags must have at most 2 entries."),
        ({"name": "a", "tags": ["abcd"]}, "Each entry of The property tags must have at most 3 characters."),
        ({"name": "a", "place": {}}, "The property place must have the property city."),
        ({"name": "a", "more": 1}, "The arguments may have these properties only: name, size, count"),
    ],
)
def test_what_does_not_fit_is_named_by_words_of_the_schema(value: object, why: str) -> None:
    assert misfit(value, SCHEMA).startswith(why)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*SCHEMA["properties"], "city", "else"]), inner, max_size=4)
    ),
)


@given(JSON)
def test_any_value_gets_an_answer(value: object) -> None:
    assert isinstance(misfit(value, SCHEMA), str)


@pytest.mark.parametrize(
    "schema",
    [
        {},
        {"type": "null"},
        {"type": ["string", "integer"]},
        {"type": "string", "pattern": "a+"},
        {"type": "string", "minimum": 3},
        {"type": "object", "properties": {}},
        {"type": "array", "items": {"type": "string", "format": "uri"}},
        {"type": "object", "properties": {"a": {"type": "integer", "multipleOf": 2}}, "additionalProperties": False},
    ],
)
def test_a_schema_that_could_go_unchecked_is_refused(schema: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="schema"):
        require_checkable(schema)


def test_a_schema_within_the_subset_is_taken() -> None:
    require_checkable(SCHEMA)
