"""Which back end this desktop needs. Each is imported only where it is used."""

import sys
from collections.abc import Callable, Mapping

from app.hotkeys.ports import Backend


def backend_for(
    environ: Mapping[str, str],
    app_id: str,
    run_on_gui: Callable[[Callable[[], None]], None],
    platform: str = sys.platform,
) -> Backend | None:
    """The way to a key here, or None where only ``main.py remote`` is left.

    ``run_on_gui`` runs a function on the GUI thread a little later: macOS tells keys to its main thread only.
    """
    if platform == "win32":
        from app.hotkeys.windows import WindowsKeys

        return WindowsKeys()
    if platform == "darwin":
        from app.hotkeys.macos import MacKeys

        return MacKeys(run_on_gui)
    if environ.get("WAYLAND_DISPLAY") or environ.get("XDG_SESSION_TYPE") == "wayland":
        # An X server on Wayland shows us the keys of X programs only.
        from app.hotkeys.portal import PortalKeys

        return PortalKeys(app_id)
    if display := environ.get("DISPLAY"):
        from app.hotkeys.x11 import X11Keys

        return X11Keys(display)
    return None
