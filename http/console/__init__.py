"""The console: pages for operators, made of what the API answers."""
