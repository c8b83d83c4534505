"""Counts and weights by bins."""
