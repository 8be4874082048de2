"""Child processes that Parlance starts for itself."""
