"""What every request passes before its handler: who may ask for what, from where, and how often."""
