"""From the file's text and the environment to settings, or to all that is wrong with them at once."""

import difflib
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import Field, fields, is_dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, cast, get_type_hints

from app.servers.broker.config.fields import NAME, Bounds
from app.servers.broker.config.keys import is_open_to_others
from app.servers.broker.config.lines import line_numbers
from app.servers.broker.config.sense import senseless
from app.servers.broker.config.settings import Policy, Settings

VARIABLE: Final = "PARLANCE_BROKER_"
_SHORT_NAMES: Final = {
    "upstream.key": "PARLANCE_BROKER_KEY",
    "upstream.key_file": "PARLANCE_BROKER_KEY_FILE",
    "tokens.listed": "PARLANCE_BROKER_TOKENS",
    "server.port": "PORT",
}
_WORDS: Final = {
    str: "a text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    tuple[str, ...]: "a list of texts",
}


class ConfigRefused(Exception):
    """The configuration cannot be used; ``problems`` has one line each, with the place to look at."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def read_settings(path: Path | None, environment: Mapping[str, str]) -> Settings:
    """Settings from the file (if any) with the environment over them; raises ConfigRefused."""
    name = path.name if path else "the defaults"
    try:
        text = path.read_text(encoding="utf-8") if path else ""
        said = tomllib.loads(text)
    except (OSError, UnicodeDecodeError) as trouble:
        reason = trouble.strerror if isinstance(trouble, OSError) else "it is not UTF-8"
        raise ConfigRefused([f"{path}: it cannot be read: {reason}"]) from None
    except tomllib.TOMLDecodeError as trouble:
        raise ConfigRefused([f"{name}: {trouble}"]) from None
    reader = _Reader(name, line_numbers(text), environment)
    settings = reader.settings(said)
    if path and reader.secrets_in_file and is_open_to_others(path):
        where = reader.place(reader.secrets_in_file[0])
        reader.problems.append(f"{where}: the file holds a secret and others can read it. Run: chmod 600 {path}")
    problems = reader.problems or [
        f"{reader.place(where)}: {problem}" for where, problem in senseless(settings, path.parent if path else None)
    ]
    if problems:
        raise ConfigRefused(problems)
    return settings


class _Reader:
    """Reads tables into dataclasses and gathers what is wrong."""

    def __init__(self, name: str, lines: Mapping[tuple[str, ...], int], environment: Mapping[str, str]) -> None:
        self.problems: list[str] = []
        self.secrets_in_file: list[tuple[str, ...]] = []
        self._name = name
        self._lines = lines
        self._environment = environment

    def settings(self, said: dict[str, Any]) -> Settings:
        """All sections; what is wrong stands in ``problems`` then."""
        sections: dict[str, Any] = {}
        for each in fields(Settings):
            if each.name == "policies":
                sections["policies"] = self._policies(said.get("policies"))
            elif each.name == "prices":
                sections["prices"] = self._prices(said.get("prices", {}))
            else:
                hint = get_type_hints(Settings)[each.name]
                sections[each.name] = self._section(hint, (each.name,), said.get(each.name, {}), self._from_environment)
        self._refuse_unknown((), said, [each.name for each in fields(Settings)])
        return Settings(**sections)

    def place(self, where: tuple[str, ...]) -> str:
        """The file and line of a key (or of the table around it), and its name."""
        dotted = ".".join(where)
        for depth in range(len(where), 0, -1):
            if where[:depth] in self._lines:
                return f"{self._name}:{self._lines[where[:depth]]}: {dotted}"
        return f"{self._name}: {dotted}"

    def _policies(self, said: object) -> Mapping[str, Policy]:
        if said is None:
            return {"default": Policy()}
        if not isinstance(said, dict) or not said:
            self._refuse(("policies",), "tables such as [policies.staff] are expected")
            return {}
        for name in said:
            if not NAME.fullmatch(name):
                self._refuse(("policies", name), "a policy's name has letters, digits, dots, dashes and @ only")
        read = {name: self._section(Policy, ("policies", name), table, None) for name, table in said.items()}
        return MappingProxyType(read)

    def _prices(self, said: object) -> Mapping[str, float]:
        read: dict[str, float] = {}
        for model, price in said.items() if isinstance(said, dict) else [("", None)]:
            if isinstance(price, bool) or not isinstance(price, int | float) or not 0 <= price <= 1000:
                self._refuse(("prices", model), "money per minute is expected, between 0 and 1000")
            else:
                read[model] = float(price)
        return MappingProxyType(read)

    def _section(
        self,
        cls: type[Any],
        where: tuple[str, ...],
        table: object,
        override: Callable[[tuple[str, ...], Any], tuple[str, object] | None] | None,
    ) -> Any:
        if not isinstance(table, dict):
            self._refuse(where, "a table is expected")
            table = {}
        assert is_dataclass(cls)
        hints, values = get_type_hints(cls), dict[str, object]()
        for each in fields(cls):
            here = (*where, each.name)
            given = override(here, hints[each.name]) if override else None
            place, value = given or (self.place(here), table.get(each.name))
            if value is not None and self._fits(place, each, hints[each.name], value):
                values[each.name] = _as(hints[each.name], value)
            if each.metadata["bounds"].secret and _holds_secret(table.get(each.name)):
                self.secrets_in_file.append(here)
        self._refuse_unknown(where, table, list(hints))
        return cls(**values)

    def _from_environment(self, here: tuple[str, ...], hint: Any) -> tuple[str, object] | None:
        for name in (VARIABLE + "_".join(here).upper(), _SHORT_NAMES.get(".".join(here), "")):
            if text := self._environment.get(name, ""):
                return f"the environment variable {name}", _from_text(hint, text)
        return None

    def _fits(self, place: str, each: Field[Any], hint: Any, value: object) -> bool:
        bounds = cast("Bounds", each.metadata["bounds"])
        problem = f"{_WORDS[hint]} is expected" if not _is(hint, value) else bounds.problem(_as(hint, value))
        if problem:
            self.problems.append(f"{place}: {problem}")
        return not problem

    def _refuse_unknown(self, where: tuple[str, ...], table: dict[str, Any], known: list[str]) -> None:
        for key in table:
            if key not in known:
                near = difflib.get_close_matches(key, known, 1)
                self._refuse((*where, key), "there is no such setting" + (f"; is it {near[0]}?" if near else ""))

    def _refuse(self, where: tuple[str, ...], problem: str) -> None:
        self.problems.append(f"{self.place(where)}: {problem}")


def _holds_secret(value: object) -> bool:
    """Addresses hold one only beside a user name."""
    return isinstance(value, str) and bool(value) and ("://" not in value or "@" in value)


def _is(hint: Any, value: object) -> bool:
    if hint is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if hint == tuple[str, ...]:
        return isinstance(value, list | tuple) and all(isinstance(each, str) for each in value)
    return isinstance(value, hint) and (hint is bool or not isinstance(value, bool))


def _as(hint: Any, value: Any) -> object:
    if hint == tuple[str, ...]:
        return tuple(value)
    return float(value) if hint is float else value


def _from_text(hint: Any, text: str) -> object:
    """A value from a variable's text; what does not parse stays text and fails the check of its type."""
    try:
        if hint is int:
            return int(text)
        if hint is float:
            return float(text)
    except ValueError:
        return text
    if hint is bool:
        return {"true": True, "1": True, "false": False, "0": False}.get(text.lower(), text)
    if hint == tuple[str, ...]:
        return tuple(_parts(text))
    return text


def _parts(text: str) -> Iterator[str]:
    return (part.strip() for part in text.split(",") if part.strip())
