"""From a broker or a key to a short-lived secret and an SDP answer: httpx lives here only."""

import sys

# WORKAROUND httpx brings a command line of its own along, and imports it with all it needs (up to 80 modules, 6 MB and
# 40 ms) where that is installed. It takes a failing import for its absence; None is the documented way to fail one.
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]
