"""The server at the other end: its address, connections to it, and what it must be."""
