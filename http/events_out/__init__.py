"""What leaves the service by itself: the journal as server-sent events."""
