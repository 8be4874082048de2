"""The clone's own Python environment: `.venv`, filled from a lock file, trusted through a stamp.

The stamp is written last and taken away first, so that an interrupted installation never looks finished. It names the
Python and the lock files it stands for, and what lay in site-packages: if something of that is gone, all is made anew.
The clone may be moved: an environment works anywhere as long as its programs are started as `python -m`.
"""

from __future__ import annotations

import hashlib
import os
import sys
import sysconfig
from pathlib import Path

from setup_trouble import SetupTrouble

# The tests' lock contains the app's: one environment serves both.
LOCKS = {"run": ("requirements.lock",), "test": ("tests/requirements.lock", "requirements.lock")}


def provide(root: Path, purpose: str, *, dry: bool) -> Path:
    """The environment's Python, after making sure that it has what "run" or "test" needs.

    Raises SetupTrouble if the environment cannot be made or filled.
    """
    environment = root / ".venv"
    python = environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if any(_in_place(environment, python, _stamp(root, wanted)) for wanted in _good_enough(purpose)):
        return python
    if dry:
        print("Would fill", environment, "from", LOCKS[purpose][0])
        return python
    _create(environment)
    _fill(python, root / LOCKS[purpose][0])
    write_stamp(root, purpose)
    return python


def write_stamp(root: Path, purpose: str) -> None:
    """Declare that the environment has what "run" or "test" needs."""
    environment = root / ".venv"
    lines = [_stamp(root, purpose), *sorted(_packages(environment))]
    (environment / "stamp").write_text("\n".join(lines), encoding="utf-8")


def _good_enough(purpose: str) -> tuple[str, ...]:
    return ("run", "test") if purpose == "run" else ("test",)


def _stamp(root: Path, purpose: str) -> str:
    digest = hashlib.sha256()
    for lock in LOCKS[purpose]:
        digest.update((root / lock).read_bytes())
    return f"{sysconfig.get_platform()} {sys.implementation.cache_tag} {digest.hexdigest()}"


def _in_place(environment: Path, python: Path, stamp: str) -> bool:
    try:
        found, *packages = (environment / "stamp").read_text(encoding="utf-8").splitlines()
        return found == stamp and os.access(python, os.X_OK) and _packages(environment).issuperset(packages)
    except (OSError, ValueError):  # not there, or not a stamp
        return False


def _packages(environment: Path) -> set[str]:
    """The names in site-packages; without the caches, which come and go."""
    return {name for name in os.listdir(site_packages(environment)) if name != "__pycache__"}


def site_packages(environment: Path) -> Path:
    """Where an environment keeps its packages."""
    where = {"base": str(environment), "platbase": str(environment)}
    return Path(sysconfig.get_path("purelib", "venv", where))


def _create(environment: Path) -> None:
    import subprocess
    import venv

    print("Making a Python environment of its own in", environment, flush=True)
    try:
        (environment / "stamp").unlink(missing_ok=True)
        venv.create(environment, clear=True, symlinks=os.name != "nt", with_pip=True)
    except subprocess.CalledProcessError as error:
        raise SetupTrouble(
            f"This Python ({sys.executable}) cannot make environments with pip: install its venv and ensurepip parts "
            f"(on Debian the package python3.{sys.version_info.minor}-venv) and start the same command again."
        ) from error
    except (OSError, ValueError) as error:  # no room, no rights, or a path with a colon
        raise SetupTrouble(
            f"{environment} cannot be made: {error}. Mend that and start the same command again."
        ) from error


def _fill(python: Path, lock: Path) -> None:
    import subprocess

    print("Installing the Python packages of", lock, flush=True)
    # Nothing of the lock is built here; --no-user because a user's pip.conf may say otherwise.
    pip = [str(python), "-m", "pip", "install", "--no-user", "--no-input", "--disable-pip-version-check"]
    what = ["--require-hashes", "--only-binary", ":all:", "--requirement", str(lock)]
    if subprocess.run([*pip, *what], stdin=subprocess.DEVNULL, check=False).returncode != 0:
        raise SetupTrouble(
            "pip could not install the Python packages; its reason stands above. "
            "If it is the network, see that this machine reaches its package index and start the same command again."
        )
