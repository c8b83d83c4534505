"""Where ranks run: one file for each launcher."""
