"""The token broker: main keys stay on a server, people get secrets that live for minutes (PROTOCOL 1, OPERATING.md)."""
