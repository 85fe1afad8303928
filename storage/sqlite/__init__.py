"""The journal and its queries in an SQLite file."""
