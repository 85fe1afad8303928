"""The tables of the deliveries of webhooks, which a rebuild of the views leaves alone."""
