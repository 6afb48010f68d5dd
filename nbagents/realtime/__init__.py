"""Speech to speech with an agent, on the SDK's realtime layer."""
