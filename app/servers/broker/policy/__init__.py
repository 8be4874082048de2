"""What a client wishes, and what its policy makes of it."""
