"""Microphones and loudspeakers: sounddevice and the hot-plug notifier live here only."""
