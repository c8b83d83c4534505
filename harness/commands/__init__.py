"""The commands of the program: each reads, calls the rooms, prints, and sets the exit code."""
