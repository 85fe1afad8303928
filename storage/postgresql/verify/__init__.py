"""Verification of a database, and rebuilding its views."""
