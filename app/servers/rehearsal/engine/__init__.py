"""The protocol engine: one conversation as state, without network, clock, randomness or tasks of its own."""
