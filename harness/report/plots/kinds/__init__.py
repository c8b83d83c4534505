"""The plots there are, a file each, found by listing."""
