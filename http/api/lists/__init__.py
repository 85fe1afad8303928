"""Lists: pages, and what to list."""
