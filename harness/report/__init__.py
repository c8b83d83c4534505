"""What people see: terminal, JSON."""
