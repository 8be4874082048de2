"""The lock files agree with pyproject.toml and with one another."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[3]
APP, TESTS = ROOT / "requirements.lock", ROOT / "tests" / "requirements.lock"


def pins(lock: Path) -> list[tuple[str, str]]:
    """Name and version of each entry; a name may have one version per Python."""
    return re.findall(r"^([a-z0-9-]+)==(\S+)", lock.read_text(), flags=re.MULTILINE)


@pytest.mark.parametrize("lock", [APP, TESTS])
def test_every_entry_has_hashes(lock: Path) -> None:
    followed_by_hash = re.findall(r"^[a-z0-9-]+==.*\n +--hash=sha256:", lock.read_text(), flags=re.MULTILINE)

    assert len(followed_by_hash) == len(pins(lock)) > 30


@pytest.mark.parametrize("lock", [APP, TESTS])
def test_no_lock_says_where_packages_come_from(lock: Path) -> None:
    assert re.findall(r"^-.*|\w+://\S*", lock.read_text(), flags=re.MULTILINE) == []


def test_the_tests_have_what_the_app_has() -> None:
    assert set(pins(APP)) - set(pins(TESTS)) == set()


@pytest.mark.parametrize(("lock", "extras"), [(APP, ["rehearsal", "broker"]), (TESTS, ["rehearsal", "broker", "test"])])
def test_each_requirement_is_met(lock: Path, extras: list[str]) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lines = [*project["dependencies"], *(line for extra in extras for line in project["optional-dependencies"][extra])]
    unmet = [
        line
        for line in lines
        if not any(
            Requirement(line).name.lower() == name and Requirement(line).specifier.contains(version)
            for name, version in pins(lock)
        )
    ]

    assert unmet == []
