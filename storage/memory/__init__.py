"""The journal and its queries in memory, for tests and simulations."""
