"""STREAM: sustainable memory bandwidth."""
