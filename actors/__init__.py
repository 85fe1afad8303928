"""Actors: the runtime, the directory, the coordinator, and the two contexts that they serve."""
