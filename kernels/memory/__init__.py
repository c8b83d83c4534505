"""Memory bandwidth."""
