"""The same sign-ups as others would write them, each in a folder of its own with its own requirements."""
