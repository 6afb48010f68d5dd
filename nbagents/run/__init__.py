"""Running agents many times: tools side by side, answers from a cache, an agent over a table."""
