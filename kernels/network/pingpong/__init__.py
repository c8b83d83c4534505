"""Latency, bandwidth and message rate between two ranks."""
