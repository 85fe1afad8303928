"""Limits: how much an account may take, what it takes, and what happens beyond."""
