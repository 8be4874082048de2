"""The overrides are for one version of each library."""

import tomllib
from pathlib import Path

import pytest

from app.link.overrides import AIOICE_VERSION, AIORTC_VERSION, demand_versions


def test_other_versions_are_refused_by_name() -> None:
    demand_versions(AIORTC_VERSION, AIOICE_VERSION)
    with pytest.raises(RuntimeError, match=r"aiortc 9\.9.*bootstrap"):
        demand_versions("9.9", AIOICE_VERSION)
    with pytest.raises(RuntimeError, match=r"aioice 9\.9.*bootstrap"):
        demand_versions(AIORTC_VERSION, "9.9")


def test_the_project_pins_the_same_versions() -> None:
    project = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert f"aiortc=={AIORTC_VERSION}" in project["dependencies"]
    assert f"aioice=={AIOICE_VERSION}" in project["dependencies"]
