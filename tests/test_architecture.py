"""The map is kept true: rooms, walks and the link's table of app/ARCHITECTURE.md are compared with the code."""

import importlib
import re
import tomllib
from pathlib import Path

import pytest

from app.conversation.machines import LINK

ROOT = Path(__file__).resolve().parents[1]
MAP = (ROOT / "app" / "ARCHITECTURE.md").read_text(encoding="utf-8")
STEPS = re.findall(r"^\d+\. `([\w.]+):([\w.]+)`$", MAP, re.MULTILINE)


def section(title: str) -> str:
    start = MAP.index(f"# {title}\n")
    end = MAP.find("\n## ", start + 1)
    return MAP[start : end if end > 0 else None]


def rows(text: str) -> list[list[str]]:
    lines = [line.strip().strip("|").split("|") for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line] for line in lines[2:]]


def test_the_rooms_are_the_folders() -> None:
    named = {row[0].strip("`") for row in rows(section("Rooms"))}
    there = {path.stem for path in (ROOT / "app").iterdir() if path.name[0] not in "_." and path.suffix != ".md"}
    assert named == there


def test_the_rooms_are_those_of_the_import_contract() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    layers = next(contract for contract in contracts if contract["type"] == "layers")["layers"]
    named = {row[0].strip("`") for row in rows(section("Rooms"))}
    assert named == {room.strip() for layer in layers for room in layer.split("|")}


@pytest.mark.parametrize(("module", "place"), STEPS)
def test_every_step_of_a_walk_is_there(module: str, place: str) -> None:
    found: object = importlib.import_module(module)
    for name in place.split("."):
        found = getattr(found, name)


def test_there_are_walks() -> None:
    assert len(STEPS) > 30


def test_the_links_table_is_the_codes() -> None:
    told = [tuple(row) for row in rows(section("The link's table"))]
    assert told == [(phase.name, kind.__name__, to.name) for (phase, kind), to in LINK.items()]
