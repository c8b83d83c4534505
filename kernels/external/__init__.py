"""Programs of others, run and recorded through the same harness as the kernels of qyran."""
