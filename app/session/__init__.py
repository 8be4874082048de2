"""THE CONDUCTOR: feeds the heart and carries out what it orders. asyncio, no library."""
