"""Servers of their own, started by the command line; the desktop app never imports them."""
