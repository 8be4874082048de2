"""The colours of the window by meaning, one set for each ground."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tokens:
    """Colours as ``#rrggbb``. Text on its ground reaches 4.5 : 1, glyphs and marks 3 : 1."""

    background: str
    surface: str
    """The dock, cards and fields' surroundings."""
    raised: str
    """Round buttons and menus."""
    line: str
    edge: str
    """Outlines of what can be operated."""
    text: str
    soft: str
    """Secondary text and quiet glyphs."""
    unheard: str
    """What the assistant had written but not said."""
    bubble: str
    hover: str
    accent: str
    accent_soft: str
    on_accent: str
    live: str
    live_soft: str
    on_live: str
    warn: str
    warn_soft: str
    track: str
    """The empty part of a meter or slider."""


LIGHT = Tokens(
    background="#f7f7f5",
    surface="#ffffff",
    raised="#ffffff",
    line="#e3e2dd",
    edge="#d3d2cc",
    text="#1d1f21",
    soft="#63666a",
    unheard="#6f7275",
    bubble="#ebeeec",
    hover="#eeeeeb",
    accent="#0b7a6b",
    accent_soft="#e3f3ef",
    on_accent="#ffffff",
    live="#c2410c",
    live_soft="#f9e4da",
    on_live="#ffffff",
    warn="#b45309",
    warn_soft="#f8eee3",
    track="#dfdfda",
)

DARK = Tokens(
    background="#17191b",
    surface="#1e2123",
    raised="#26292c",
    line="#33373a",
    edge="#43484c",
    text="#ececea",
    soft="#a3a7aa",
    unheard="#888d90",
    bubble="#272b2d",
    hover="#2b2f32",
    accent="#4fc3ae",
    accent_soft="#1f3a36",
    on_accent="#0c1f1b",
    live="#ff8552",
    live_soft="#48302a",
    on_live="#24100a",
    warn="#f0a04b",
    warn_soft="#332a1f",
    track="#3a3f43",
)

LIGHT_CONTRAST = Tokens(
    background="#ffffff",
    surface="#ffffff",
    raised="#ffffff",
    line="#5a5a5a",
    edge="#000000",
    text="#000000",
    soft="#333333",
    unheard="#555555",
    bubble="#f0f0f0",
    hover="#e6e6e6",
    accent="#005a4e",
    accent_soft="#d2ebe6",
    on_accent="#ffffff",
    live="#9a2c00",
    live_soft="#f6ddd1",
    on_live="#ffffff",
    warn="#8a3d00",
    warn_soft="#fbeedd",
    track="#c4c4c4",
)

DARK_CONTRAST = Tokens(
    background="#000000",
    surface="#000000",
    raised="#0a0a0a",
    line="#9a9a9a",
    edge="#ffffff",
    text="#ffffff",
    soft="#dadada",
    unheard="#b0b0b0",
    bubble="#1c1c1c",
    hover="#2a2a2a",
    accent="#63e6cd",
    accent_soft="#0d3b33",
    on_accent="#000000",
    live="#ff9a6b",
    live_soft="#4a2313",
    on_live="#000000",
    warn="#ffb866",
    warn_soft="#33240f",
    track="#4a4a4a",
)
