"""Columns of a user's files, a file for each format."""
