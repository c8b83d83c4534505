"""The command `qyran`: every command and the flags it has, a file for each kind of use."""
