"""Events out: the journal as server-sent events, and as webhooks."""
