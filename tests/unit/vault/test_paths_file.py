import json
from pathlib import Path

import pytest

from app.conversation.paths import NETWORKS_KEPT, BlockedNetwork, KnownPaths
from app.conversation.troubles import SettingsUnwritable
from app.vault.paths_file import load_paths, save_paths
from app.vault.places import Places


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return Places.below(tmp_path).networks_file


def test_what_is_saved_is_loaded(file: Path) -> None:
    known = KnownPaths().after_failure("ab12", 1_800_000_000.5).after_failure("cd34", 1_800_000_007.0)
    save_paths(file, known)
    assert load_paths(file) == known
    save_paths(file, KnownPaths())
    assert load_paths(file) == KnownPaths()


def test_only_its_owner_can_read_it(file: Path) -> None:
    save_paths(file, KnownPaths())
    assert file.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    "text", ["", "half a", "[]", "5", '{"blocked": 5}', '{"blocked": {}}', "[" * 60_000, "x" * 100_000, "\udcff"]
)
def test_a_file_that_is_none_is_nothing_known(file: Path, text: str) -> None:
    assert load_paths(file) == KnownPaths()
    file.write_bytes(text.encode("utf-8", errors="surrogateescape"))
    assert load_paths(file) == KnownPaths()


def test_entries_that_are_none_are_passed_over(file: Path) -> None:
    good = {"network": "ab12", "failed_at_s": 5}
    bad = [
        5,
        {},
        {"network": 5, "failed_at_s": 5},
        {"network": "a b", "failed_at_s": 5},
        {"network": "ab", "failed_at_s": True},
        {"network": "ab", "failed_at_s": "5"},
        {"network": "ab", "failed_at_s": float("nan")},
    ]
    file.write_text(json.dumps({"blocked": [*bad, good], "more": 1}))
    assert load_paths(file) == KnownPaths((BlockedNetwork("ab12", 5.0),))


def test_the_list_stays_short(file: Path) -> None:
    entries = [{"network": f"n{number}", "failed_at_s": number} for number in range(200)]
    file.write_text(json.dumps({"blocked": entries}))
    known = load_paths(file)
    assert len(known.blocked) == NETWORKS_KEPT
    assert known.blocked[-1].network == "n199"


def test_a_place_that_cannot_be_written_is_a_trouble(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(SettingsUnwritable):
        save_paths(tmp_path / "taken" / "networks.json", KnownPaths())
