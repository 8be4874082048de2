"""What the desktop calls the application."""

from PySide6.QtWidgets import QApplication

from app.ui.look.icons import app_icon

DESKTOP_ID = "io.parlance.Parlance"


def introduce(application: QApplication) -> None:
    """Name, desktop entry and icon; before the first window."""
    application.setApplicationName("Parlance")
    application.setApplicationDisplayName("Parlance")
    application.setDesktopFileName(DESKTOP_ID)
    application.setWindowIcon(app_icon())
    application.setQuitOnLastWindowClosed(False)
