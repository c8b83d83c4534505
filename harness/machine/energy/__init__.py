"""Where the energy of a node is read: a file for each source, found by listing."""
