"""Verification of a file: its log, its schema, its pages and its search index; and rebuilding."""
