"""The subscriptions context: what is for sale."""
