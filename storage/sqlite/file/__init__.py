"""The file of the database: its lock, schema, log and copies."""
