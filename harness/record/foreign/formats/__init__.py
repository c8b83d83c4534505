"""Formats of result files, found by listing; each has ``read(content, path) -> Source``."""
