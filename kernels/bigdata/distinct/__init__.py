"""How many different values a column has, exactly and by HyperLogLog."""
