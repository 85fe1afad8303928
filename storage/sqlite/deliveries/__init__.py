"""The tables of the deliveries of webhooks in SQLite, which a rebuild of the views leaves alone."""
