"""Work that is done on an event loop of another thread, or on the one it is bound to."""
