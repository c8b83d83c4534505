"""Statistics, bounds and verdicts."""
