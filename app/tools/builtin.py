"""The functions that come with Parlance."""

from app.tools.clock import CLOCK
from app.tools.timer import Timers
from app.tools.tool import Tool
from app.tools.web_page import WEB_PAGE


def built_in_tools() -> tuple[Tool, ...]:
    """The time, timers of their own, and web pages."""
    return (CLOCK, *Timers().tools(), WEB_PAGE)
