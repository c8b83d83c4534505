"""How often each word occurs in a text."""
