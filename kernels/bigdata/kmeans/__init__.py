"""One step of Lloyd's algorithm, with the same bits for any number of ranks and threads."""
