"""Builds all, wires all, runs. The only room that knows every other."""
