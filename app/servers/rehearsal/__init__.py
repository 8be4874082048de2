"""The embedded Realtime server: use and tests without an account."""
