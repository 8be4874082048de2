"""Steering the running window from outside: a local control socket, its client, and the one instance that owns it."""
