"""Whether a series of runs has changed: suspicion, confirmation, and what became of it."""
