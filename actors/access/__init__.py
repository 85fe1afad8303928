"""The access context: API keys, and what each may do."""
