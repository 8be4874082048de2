"""What a conversation has used, in words: a few for the eye, all of them for who wants to know."""

from app.conversation.view import View

_THOUSAND = 1000
_CENT = 0.01


def spent_briefly(view: View) -> str:
    """Such as ``0.04 $ · 1.8 k tokens``; empty while there is nothing to tell."""
    return " · ".join(filter(None, (money(view.cost_usd), f"{_count(view.tokens)} tokens" if view.tokens else "")))


def money(cost_usd: float) -> str:
    """Such as ``0.04 $``; empty for nothing."""
    if cost_usd <= 0:
        return ""
    return f"{cost_usd:,.2f} $" if cost_usd >= _CENT / 2 else f"< {_CENT} $"


def spent_in_full(view: View, cap_usd: float) -> str:
    """Sentences for the tool tip and for screen readers; empty while there is nothing to tell."""
    if not spent_briefly(view):
        return ""
    words = [f"This conversation has used {view.tokens:,} tokens."]
    if view.cost_usd > 0:
        words.append(f"By the prices in Settings that costs {view.cost_usd:.4f} US dollars.")
    else:
        words.append("What that costs is not known: Settings has no price for the model.")
    if cap_usd > 0:
        words.append(f"It ends at {cap_usd:,.2f} US dollars, the limit you set.")
    return " ".join(words)


def _count(tokens: int) -> str:
    """Two digits that matter are enough for a glance."""
    size, unit = (
        (tokens, "") if tokens < _THOUSAND else (tokens / 1e3, " k") if tokens < 999_500 else (tokens / 1e6, " M")
    )
    return f"{size:.0f}{unit}" if not unit or size >= 9.95 else f"{size:.1f}{unit}"
