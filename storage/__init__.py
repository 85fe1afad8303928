"""Storage: the journal of events, and the views that are written with it."""
