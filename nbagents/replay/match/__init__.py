"""Which recording answers a request: what it asks, what differs, where it comes from."""
