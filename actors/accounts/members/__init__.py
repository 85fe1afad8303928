"""Members and their seats."""
