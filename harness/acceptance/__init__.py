"""Nodes are accepted: measured stage after stage, each on those that passed the one before."""
