"""Runs that are submitted to a batch system: their folders, their states, their submission."""
