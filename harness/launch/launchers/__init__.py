"""The kinds of launcher a cluster.yaml may name: one file each, found by listing."""
