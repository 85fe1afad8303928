"""Invitations: places that are held until somebody takes them."""
