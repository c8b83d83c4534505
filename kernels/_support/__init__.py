"""What two kernels or more share; a leading underscore means: not a kernel."""
