"""The pane that shows both sides of the conversation."""
