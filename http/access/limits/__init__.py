"""How often: the wrong credentials of an address, and the requests of a key."""
