"""Data of the kernels of bigdata: generated or read, in memory or chunk by chunk."""
