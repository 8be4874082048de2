import os
import stat
from pathlib import Path

import pytest

from app.conversation.troubles import SettingsUnwritable
from app.vault.places import Places, private_folder


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_everything_is_below_parlance_home(tmp_path: Path) -> None:
    places = Places.here({"PARLANCE_HOME": str(tmp_path / "home")})
    assert places == Places(tmp_path / "home" / "settings.toml", tmp_path / "home" / "logs", tmp_path / "home" / "run")
    assert not (tmp_path / "home").exists()


def test_without_it_the_platform_s_folders_are_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    places = Places.here({"XDG_RUNTIME_DIR": str(tmp_path / "run")})
    assert places.settings_file.name == "settings.toml"
    assert places.settings_file.parent.name == "parlance"
    assert places.runtime_folder == tmp_path / "run" / "parlance"


def test_without_a_runtime_folder_of_the_system_ours_is_in_the_home() -> None:
    assert Path.home() in Places.here({}).runtime_folder.parents


def test_a_relative_home_does_not_move_with_the_working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert Places.here({"PARLANCE_HOME": "here"}).log_folder == tmp_path / "here" / "logs"


def test_folders_are_for_their_owner_only(tmp_path: Path) -> None:
    places = Places.below(tmp_path / "a" / "b")
    places.prepare()
    places.prepare()
    for folder in (tmp_path / "a", tmp_path / "a" / "b", places.log_folder, places.runtime_folder):
        assert mode(folder) == 0o700


def test_a_file_in_the_way_is_a_trouble(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingsUnwritable):
        private_folder(tmp_path / "file")
    with pytest.raises(SettingsUnwritable):
        private_folder(tmp_path / "file" / "below")


@pytest.mark.skipif(not hasattr(os, "getuid") or os.getuid() != 0, reason="only root can give a folder away")
def test_somebody_else_s_folder_is_refused(tmp_path: Path) -> None:
    os.chown(tmp_path, 12345, -1)
    with pytest.raises(SettingsUnwritable, match="somebody else"):
        private_folder(tmp_path)
