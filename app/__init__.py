"""Parlance: a desktop voice assistant over the OpenAI Realtime protocol."""
