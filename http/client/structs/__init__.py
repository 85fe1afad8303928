"""The structs of the API: what its calls take and answer."""
