"""Fixtures that tests of any kind may ask for."""

pytest_plugins = ("tests.support.pulse",)
