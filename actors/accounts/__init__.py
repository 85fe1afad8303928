"""The accounts context: what was bought, who is in it, and the limits that hold."""
