"""The domain in actors: the runtime, aggregates and their directory, two bounded contexts, and processes."""
