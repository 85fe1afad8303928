"""Terms: what an account bought, for how long, and what comes after."""
