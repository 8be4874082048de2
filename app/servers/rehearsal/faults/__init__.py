"""What can be made to go wrong on purpose, for tests and for people who write clients. Off unless asked for."""
