"""Where Parlance keeps things: all below ``PARLANCE_HOME``, or in the platform's own folders."""

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import platformdirs

from app.conversation.troubles import SettingsUnwritable

_NAME = "parlance"


@dataclass(frozen=True, slots=True)
class Places:
    """The folders of one run. Nothing is created before ``prepare``."""

    settings_file: Path
    log_folder: Path
    runtime_folder: Path
    """For what lives as long as the program: sockets and locks."""

    @classmethod
    def below(cls, home: Path) -> Self:
        """Everything under one folder."""
        home = home.expanduser().absolute()
        return cls(home / "settings.toml", home / "logs", home / "run")

    @classmethod
    def here(cls, environ: Mapping[str, str] = os.environ) -> Self:
        """As ``PARLANCE_HOME`` says, otherwise as the platform does."""
        if home := environ.get("PARLANCE_HOME"):
            return cls.below(Path(home))
        folders = platformdirs.PlatformDirs(_NAME, appauthor=False)
        # Not platformdirs' runtime folder: without XDG_RUNTIME_DIR it is one in /tmp, where others could be first.
        runtime = environ.get("XDG_RUNTIME_DIR")
        return cls(
            settings_file=folders.user_config_path / "settings.toml",
            log_folder=folders.user_log_path,
            runtime_folder=Path(runtime) / _NAME if runtime else folders.user_state_path / "run",
        )

    @property
    def networks_file(self) -> Path:
        """What is known of networks, beside the settings."""
        return self.settings_file.with_name("networks.json")

    def prepare(self) -> None:
        """Create the folders, for their owner only; raises SettingsUnwritable. Blocks on the disk."""
        for folder in (self.settings_file.parent, self.log_folder, self.runtime_folder):
            private_folder(folder)


def private_folder(folder: Path) -> Path:
    """Create a folder and its missing parents with mode 0700; raises SettingsUnwritable.

    A folder that exists must be ours: the runtime folder can be in a place where everybody may write.
    """
    missing = [parent for parent in (folder, *folder.parents) if not parent.exists()]
    try:
        for parent in reversed(missing):
            parent.mkdir(mode=0o700, exist_ok=True)
        state = folder.stat()
    except OSError as error:
        raise SettingsUnwritable(f"{folder}: {error.strerror}") from error
    if not stat.S_ISDIR(state.st_mode):
        raise SettingsUnwritable(f"{folder} is not a folder")
    if hasattr(os, "getuid") and state.st_uid != os.getuid():
        raise SettingsUnwritable(f"{folder} belongs to somebody else")
    return folder
