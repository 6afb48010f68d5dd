"""The page's microphone and loudspeaker."""
