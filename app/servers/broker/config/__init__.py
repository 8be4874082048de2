"""What an operator sets: one TOML file and the environment, checked before anything starts."""
