"""Commands that need more than one aggregate: the only place where contexts meet."""
