"""Big-data reductions: bound by memory bandwidth and global communication."""
