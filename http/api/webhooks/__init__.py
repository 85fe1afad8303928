"""The routes of webhooks, and what they work with."""
