"""What survives a restart: credentials (keyring) and preferences (TOML)."""
