"""Settings and the first-start choice."""
