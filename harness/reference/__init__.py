"""What others measured: the TOP500 lists, named systems and node types."""
