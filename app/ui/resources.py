"""Where the icons and the style sheet lie, in a clone and in a bundle alike."""

from pathlib import Path

RESOURCES = Path(__file__).resolve().parents[2] / "resources"
ICONS = RESOURCES / "icons"
