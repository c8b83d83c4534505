"""Results of other tools, kept in the store: a file of ``formats/`` for each tool."""
