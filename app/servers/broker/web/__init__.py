"""The HTTP side: routes, the guard before them, and the words of every refusal."""
