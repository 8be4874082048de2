"""THE LANGUAGE of the server: types and text. Pure."""
