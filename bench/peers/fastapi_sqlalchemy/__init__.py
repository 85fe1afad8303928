"""Sign-ups on FastAPI, SQLAlchemy's asyncio and aiosqlite: one session and one commit a request."""
