"""Burn-in: all cores and most of the memory, every answer compared bit by bit."""
