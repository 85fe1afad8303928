"""The routes of accounts and of what they contain."""
