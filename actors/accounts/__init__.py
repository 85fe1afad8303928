"""The accounts context: what a customer bought, the members, and the limits."""
