"""The window: PySide6 widgets live here only."""
