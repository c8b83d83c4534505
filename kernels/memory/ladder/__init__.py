"""Ladder: the measured roofline of a node."""
