"""Storage: the journal of events, and the views that are written in the same transaction."""
