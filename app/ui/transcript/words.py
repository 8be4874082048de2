"""The fixed words of the transcript, and a row as one piece of text."""

from app.conversation.settings import TalkMode
from app.conversation.view import Look, Row, Speaker, View

ELLIPSIS = "…"
INTERRUPTED = "You interrupted here. The grey part was not spoken."
INTERRUPTED_AT_ONCE = "You interrupted before this was spoken."
UNREADABLE = "The server could not write these words down."

NAMES = {Speaker.USER: "You", Speaker.ASSISTANT: "Assistant", Speaker.TOOL: "Tool"}

_CARD_ICONS = {"Timer": "clock", "Time": "clock", "Web page": "globe"}
"""By what the line of a function begins with; the functions of others have the icon of a tool."""


def card_icon(row: Row) -> str:
    """The picture on the card of a function that ran."""
    return next((icon for name, icon in _CARD_ICONS.items() if row.text.startswith(name)), "tool")


def explanation(row: Row) -> str:
    """The small line under a row, or nothing."""
    if row.failed:
        return UNREADABLE
    if row.unheard:
        return INTERRUPTED if row.text else INTERRUPTED_AT_ONCE
    return ""


def body(row: Row) -> str:
    """The words of a row as they are shown: heard, then unheard."""
    return row.text + row.unheard or (ELLIPSIS if row.pending else "")


def spoken(row: Row) -> str:
    """A row for a screen reader and for copying: who, what, and what was not heard."""
    words = [f"{NAMES[row.speaker]}: {row.text}".strip()]
    if row.pending and not row.text:
        words.append(ELLIPSIS)
    if row.unheard:
        words.append(f"(not spoken: {row.unheard.strip()})")
    if row.failed:
        words.append(UNREADABLE)
    return " ".join(words)


def invitation(view: View) -> str:
    """What stands in the empty pane."""
    match view.look:
        case Look.DISCONNECTED | Look.LEAVING:
            return "Press Connect and say:\n“What time is it?”"
        case Look.CONNECTING | Look.RECONNECTING:
            return "Just a moment…"
        case _ if view.push_to_talk:
            press = "Press" if view.talk_mode is TalkMode.TOGGLE else "Hold"
            return f"{press} Space and say:\n“What time is it?”"
        case _:
            return "Just say it:\n“What time is it?”"
