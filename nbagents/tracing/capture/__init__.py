"""From the SDK's callbacks to rows: what the agent's thread does, and the one writer behind it."""
