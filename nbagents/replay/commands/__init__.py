"""nbagents record, replay check and replay diff, and the plugin of pytest."""
