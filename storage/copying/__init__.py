"""Copying a journal from one database into another, of the same engine or of another."""
