"""Sound as numbers: PCM16, WAV, sample rates, who is speaking, and engines that need no network."""
