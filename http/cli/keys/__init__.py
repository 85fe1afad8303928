"""API keys: on the file of a stopped service, or through the API of a running one."""
