"""The reference for people: the OpenAPI document as a page, and a page for each type of problem."""
