"""The clone's environment, made by the real venv and filled by the real pip from a wheel on the disk."""

import base64
import hashlib
import shutil
import subprocess
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import private_environment
from setup_trouble import SetupTrouble


def build_wheel(directory: Path, name: str) -> str:
    """The smallest package there can be; its line in a lock file."""
    files = {
        f"{name}.py": f"NAME = '{name}'\n",
        f"{name}-1.0.dist-info/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
        f"{name}-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = ""
    wheel = directory / f"{name}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)
            digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
            record += f"{path},sha256={digest},{len(text)}\n"
        archive.writestr(f"{name}-1.0.dist-info/RECORD", f"{record}{name}-1.0.dist-info/RECORD,,\n")
    return f"{name}==1.0 --hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}\n"


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the wheels lie."""
    return tmp_path_factory.mktemp("shelf")


@pytest.fixture(scope="module", autouse=True)
def pip_configuration(shelf: Path) -> Iterator[None]:
    """What a person's own settings may say; PIP_USER would be an error inside an environment."""
    with pytest.MonkeyPatch.context() as settings:
        settings.setenv("PIP_NO_INDEX", "1")
        settings.setenv("PIP_FIND_LINKS", str(shelf))
        settings.setenv("PIP_USER", "1")
        yield


@pytest.fixture(scope="module")
def filled(shelf: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone whose environment was filled for `test`. To be copied, not changed."""
    root = tmp_path_factory.mktemp("filled") / "clone"
    (root / "tests").mkdir(parents=True)
    larynx, mirror = build_wheel(shelf, "larynx"), build_wheel(shelf, "mirror")
    (root / "requirements.lock").write_text(larynx)
    (root / "tests/requirements.lock").write_text(larynx + mirror)
    private_environment.provide(root, "test", dry=False)
    return root


@pytest.fixture
def clone(filled: Path, tmp_path: Path) -> Path:
    """A filled clone that was moved to another place."""
    return Path(shutil.copytree(filled, tmp_path / "moved clone", symlinks=True))


def would_fill(root: Path, purpose: str, capsys: pytest.CaptureFixture[str]) -> bool:
    private_environment.provide(root, purpose, dry=True)
    return "Would fill" in capsys.readouterr().out


def test_fills_and_then_does_nothing_more(clone: Path, capsys: pytest.CaptureFixture[str]) -> None:
    python = private_environment.provide(clone, "test", dry=False)

    assert capsys.readouterr().out == ""
    answer = subprocess.run(
        [python, "-c", "import larynx, mirror; print(larynx.NAME)"], capture_output=True, text=True, check=True
    )
    assert answer.stdout == "larynx\n"


def test_the_environment_of_the_tests_serves_the_app(clone: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert not would_fill(clone, "run", capsys)


def test_the_environment_of_the_app_does_not_serve_the_tests(clone: Path, capsys: pytest.CaptureFixture[str]) -> None:
    private_environment.write_stamp(clone, "run")

    assert not would_fill(clone, "run", capsys)
    assert would_fill(clone, "test", capsys)


def break_python(clone: Path) -> None:
    (clone / ".venv/bin/python").unlink()
    (clone / ".venv/bin/python").symlink_to(clone / "gone")


def lose_package(clone: Path) -> None:
    (private_environment.site_packages(clone / ".venv") / "larynx.py").unlink()


def be_interrupted(clone: Path) -> None:
    (clone / ".venv/stamp").unlink()


def spoil_stamp(clone: Path) -> None:
    (clone / ".venv/stamp").write_bytes(b"")


def change_lock(clone: Path) -> None:
    with (clone / "requirements.lock").open("a") as lock:
        lock.write("# changed\n")


def change_python(clone: Path) -> None:
    stamp = clone / ".venv/stamp"
    stamp.write_text(stamp.read_text().replace("cpython-3", "cpython-2"))


@pytest.mark.parametrize(
    "damage", [break_python, lose_package, be_interrupted, spoil_stamp, change_lock, change_python]
)
def test_sees_what_is_wrong(damage: Callable[[Path], None], clone: Path, capsys: pytest.CaptureFixture[str]) -> None:
    damage(clone)

    assert would_fill(clone, "run", capsys)


def test_makes_a_broken_environment_anew(clone: Path, capsys: pytest.CaptureFixture[str]) -> None:
    break_python(clone)
    (clone / ".venv" / "left over").write_text("")

    python = private_environment.provide(clone, "run", dry=False)

    subprocess.run([python, "-c", "import larynx"], check=True)
    assert not (clone / ".venv" / "left over").exists()
    assert not would_fill(clone, "run", capsys)


def test_an_unreachable_index_is_a_sentence_and_leaves_no_stamp(
    clone: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.delenv("PIP_FIND_LINKS")
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_RETRIES", "0")
    monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")
    be_interrupted(clone)

    with pytest.raises(SetupTrouble, match="network"):
        private_environment.provide(clone, "run", dry=False)

    assert would_fill(clone, "run", capsys)
