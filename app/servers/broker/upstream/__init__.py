"""The server behind the broker: asked within bounds, again only where that is safe, not at all while it is ill."""
