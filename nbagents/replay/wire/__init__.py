"""HTTP at the seam: a response passed by, noted, and played again."""
