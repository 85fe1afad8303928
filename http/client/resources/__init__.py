"""The resources of the API, a file each or two: what can be asked about one kind of thing."""
