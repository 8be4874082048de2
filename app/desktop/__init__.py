"""Being a guest of the desktop: its notifications, its screen lock and sleep, and starting with it."""
