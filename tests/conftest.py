"""Fixtures that tests of any kind may ask for."""

import os

# With its codecs, for the peers of these tests: the app's session thread would import it without.
import aiortc  # noqa: F401

# Windows of the test process itself are never shown; tests that want a real screen start a process on one.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

pytest_plugins = ("tests.support.pulse", "tests.support.pipewire", "tests.support.screen", "tests.support.desktop")
