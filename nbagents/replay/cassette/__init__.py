"""What a cassette holds: calls as lines, sounds beside them, secrets taken out."""
