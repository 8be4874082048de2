"""The small widgets of the main window, one file each."""
