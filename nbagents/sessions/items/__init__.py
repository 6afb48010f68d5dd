"""One item of a history: what it is, what it says, and what makes a history of items one that a model takes."""
