"""What is secret in a text: known kinds, and the values of this process's variables."""
