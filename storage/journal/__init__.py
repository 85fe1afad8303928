"""The journal proper, the same for every engine: what waits, what is committed together, what a failure means."""
