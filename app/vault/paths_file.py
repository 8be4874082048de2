"""What is known of networks, in a small file beside the settings. It may be lost at any time: it only saves seconds."""

import json
import math
import re
from dataclasses import asdict
from pathlib import Path

from app.conversation.paths import NETWORKS_KEPT, BlockedNetwork, KnownPaths
from app.conversation.troubles import SettingsUnwritable
from app.vault.atomic import replace_file
from app.vault.places import private_folder

LONGEST_FILE_BYTES = 64 * 1024

_NETWORK = re.compile(r"[A-Za-z0-9_-]{1,64}")


def load_paths(path: Path) -> KnownPaths:
    """What the file knows; nothing when it is missing or no such file. Never raises; blocks on the disk."""
    try:
        with path.open("rb") as file:
            told = json.loads(file.read(LONGEST_FILE_BYTES))
    except (OSError, ValueError, RecursionError):
        return KnownPaths()
    entries = told.get("blocked") if isinstance(told, dict) else None
    if not isinstance(entries, list):
        return KnownPaths()
    blocked = tuple(network for entry in entries if (network := _blocked(entry)) is not None)
    return KnownPaths(blocked[-NETWORKS_KEPT:])


def save_paths(path: Path, known: KnownPaths) -> None:
    """Write the file, atomically; raises SettingsUnwritable. Blocks on the disk."""
    text = json.dumps({"blocked": [asdict(network) for network in known.blocked]}, indent=1)
    try:
        private_folder(path.parent)
        replace_file(path, text + "\n")
    except OSError as error:
        raise SettingsUnwritable(error.strerror or type(error).__name__) from error


def _blocked(entry: object) -> BlockedNetwork | None:
    if not isinstance(entry, dict):
        return None
    network, failed_at_s = entry.get("network"), entry.get("failed_at_s")
    if not isinstance(network, str) or not _NETWORK.fullmatch(network):
        return None
    if isinstance(failed_at_s, bool) or not isinstance(failed_at_s, int | float) or not math.isfinite(failed_at_s):
        return None
    return BlockedNetwork(network, float(failed_at_s))
