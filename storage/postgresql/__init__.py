"""The journal and the queries in a PostgreSQL database."""
