"""Log lines."""

import json
import logging
import sys

from app.servers.broker.records.log import FIELDS, JsonLines


def record(message: str, *arguments: object, **more: object) -> logging.LogRecord:
    made = logging.LogRecord("parlance.broker", logging.INFO, "x.py", 1, message, arguments, None)
    made.__dict__.update(more)
    return made


def test_a_line_is_one_json_object() -> None:
    line = JsonLines().format(record("a\n%s", "b", **{FIELDS: {"form": "mint"}}))
    assert "\n" not in line
    told = json.loads(line)
    assert told["message"] == "a?b"
    assert told["form"] == "mint"
    assert told["level"] == "info"


def test_an_error_tells_where_and_not_what() -> None:
    try:
        planted = "sk-planted-secret"
        raise ValueError(planted)
    except ValueError:
        line = JsonLines().format(record("failed", exc_info=sys.exc_info()))
    assert "planted" not in line
    told = json.loads(line)
    assert told["trouble"] == "ValueError"
    assert "test_log.py" in told["at"][-1]
