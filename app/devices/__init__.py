"""Microphones and loudspeakers: sounddevice and the hot-plug notifier live here only.

``system`` is the real thing, ``files`` plays and records files in its place.
"""
