"""The one seam to the model: the OpenAI client whose transport answers live or offline."""
