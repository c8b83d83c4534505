"""Kernels that run for as long as one likes, to find what breaks: burn-in."""
