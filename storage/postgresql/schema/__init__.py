"""The schema: the statements that make it, the start on a database, and the identity of the journal in it."""
