-- From schema 2 to 3: the identity of the file.
CREATE TABLE identity (
    id TEXT NOT NULL
) STRICT;
