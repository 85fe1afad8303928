"""What was measured, as a table and as pictures."""
