"""The sandbox context: the clock of a service that is moved by its clients."""
