"""The network adapters of a conversation: aiortc lives here only."""
