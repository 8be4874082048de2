"""THE HEART: events in, state and commands out. Pure, synchronous, deterministic."""
