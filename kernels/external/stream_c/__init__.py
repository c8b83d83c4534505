"""STREAM in C."""
