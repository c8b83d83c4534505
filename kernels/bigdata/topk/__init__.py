"""The k largest rows."""
