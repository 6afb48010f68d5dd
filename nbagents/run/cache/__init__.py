"""An agent whose model calls are answered from a cache."""
