"""Messages between ranks: pairs of them, all of them, and neighbours of a grid."""
