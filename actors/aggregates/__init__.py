"""Aggregates in their actors: the directory that finds them, and the journal as they see it."""
