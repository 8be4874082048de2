"""From a broker or a key to a short-lived secret and an SDP answer: httpx lives here only."""
