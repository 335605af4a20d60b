"""Measurements, their intervals and their differences: NumPy and SciPy only."""
