"""Panels that one speaks in: an agent with a voice, and speech to speech."""
