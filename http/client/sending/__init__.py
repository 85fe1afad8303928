"""How calls are sent: until their answer is known, or over a loop on another thread, or for ever as a stream."""
