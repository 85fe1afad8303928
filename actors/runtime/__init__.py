"""Pykka on the asyncio loop: actors, inboxes and futures. Nothing here knows about aggregates."""
