"""Verification: everything that is stored is compared with a replay of the journal; and rebuilding."""
