"""A conversation that OpenAI keeps."""
