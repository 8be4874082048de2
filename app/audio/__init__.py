"""SOUND AS NUMBERS: format, rings, levels, codec, jitter buffer. No device, no network."""
