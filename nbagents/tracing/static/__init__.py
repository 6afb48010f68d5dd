"""What traces leave in a saved notebook: text with bars, and bare HTML."""
