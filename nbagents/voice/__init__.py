"""Talking to an agent: sound in, transcript, answer and speech out."""
