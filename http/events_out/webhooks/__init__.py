"""Webhooks: the journal's events, delivered to the endpoints of other systems."""
