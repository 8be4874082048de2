from pathlib import Path

import pytest

from app.remote.instance import Instance


def test_only_one_can_be_the_instance_of_a_folder(tmp_path: Path) -> None:
    first = Instance.claim(tmp_path)
    assert first is not None
    assert Instance.claim(tmp_path) is None
    first.release()
    again = Instance.claim(tmp_path)
    assert again is not None
    again.release()


def test_folders_do_not_know_one_another(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    first, second = Instance.claim(tmp_path), Instance.claim(tmp_path / "other")
    assert first is not None
    assert second is not None
    first.release()
    second.release()


def test_without_the_folder_nothing_is_locked(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Instance.claim(tmp_path / "gone")
