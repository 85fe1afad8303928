"""Forms: one for each write of the API, made of its row in the route table and of the type of its body."""
