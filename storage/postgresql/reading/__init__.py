"""Reading: the connections that only read, and what they find."""
