"""The benchmarks of Seatkeeper: `python -m bench` from the root of the repository."""
