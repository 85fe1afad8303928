"""The routes of time: what will happen by itself, and the clock of a sandbox."""
