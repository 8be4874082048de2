"""Text reaches 4.5 : 1 on every ground it stands on, glyphs and marks 3 : 1 (WCAG 2.2, 1.4.3 and 1.4.11)."""

from dataclasses import asdict

import pytest
from PySide6.QtGui import QColor

from app.ui.look.tokens import DARK, DARK_CONTRAST, LIGHT, LIGHT_CONTRAST, Tokens

SETS = {"light": LIGHT, "dark": DARK, "light contrast": LIGHT_CONTRAST, "dark contrast": DARK_CONTRAST}

TEXT = [
    ("text", "background"), ("text", "surface"), ("text", "raised"), ("text", "bubble"), ("text", "hover"),
    ("text", "warn_soft"), ("text", "accent_soft"), ("soft", "background"), ("soft", "surface"), ("soft", "bubble"),
    ("soft", "warn_soft"), ("soft", "accent_soft"), ("unheard", "background"), ("on_accent", "accent"),
    ("accent", "background"), ("accent", "surface"), ("accent", "warn_soft"), ("accent", "accent_soft"),
    ("live", "background"), ("live", "surface"), ("live", "accent_soft"),
]  # fmt: skip
MARKS = [
    ("accent", "surface"), ("live", "surface"), ("warn", "background"), ("warn", "warn_soft"), ("live", "live_soft"),
    ("on_live", "live"), ("soft", "raised"), ("soft", "hover"), ("accent", "track"), ("text", "track"),
]  # fmt: skip
CONTRAST_SETS = {"light contrast": LIGHT_CONTRAST, "dark contrast": DARK_CONTRAST}


def luminance(colour: str) -> float:
    """WCAG's relative luminance."""
    paint = QColor(colour)
    shares = ((paint.redF(), 0.2126), (paint.greenF(), 0.7152), (paint.blueF(), 0.0722))
    return sum(weight * _linear(part) for part, weight in shares)


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)


def contrast(tokens: Tokens, ink: str, ground: str) -> float:
    """WCAG's contrast ratio between two tokens."""
    colours = asdict(tokens)
    lighter, darker = sorted((luminance(colours[ink]), luminance(colours[ground])), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("tokens", SETS.values(), ids=SETS.keys())
@pytest.mark.parametrize(("ink", "ground"), TEXT)
def test_text_can_be_read(tokens: Tokens, ink: str, ground: str) -> None:
    assert contrast(tokens, ink, ground) >= 4.5


@pytest.mark.parametrize("tokens", SETS.values(), ids=SETS.keys())
@pytest.mark.parametrize(("ink", "ground"), MARKS)
def test_marks_can_be_seen(tokens: Tokens, ink: str, ground: str) -> None:
    assert contrast(tokens, ink, ground) >= 3.0


@pytest.mark.parametrize("tokens", CONTRAST_SETS.values(), ids=CONTRAST_SETS.keys())
def test_high_contrast_is_higher(tokens: Tokens) -> None:
    assert contrast(tokens, "text", "background") >= 15
    assert contrast(tokens, "soft", "background") >= 7
    assert contrast(tokens, "edge", "background") >= 7
    assert contrast(tokens, "accent", "background") >= 7
