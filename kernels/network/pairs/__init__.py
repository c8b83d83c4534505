"""Latency and bandwidth of all pairs of nodes."""
