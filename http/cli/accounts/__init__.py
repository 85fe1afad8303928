"""Accounts with their members in a file: import and export."""
