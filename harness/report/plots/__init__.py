"""Plots: pictures of documents, each of which `qyran plot NAME --json` prints as numbers."""
