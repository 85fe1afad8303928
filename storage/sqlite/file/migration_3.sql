-- From schema 2 to 3: the identity of the file, who caused an event, and views with more columns, which are made anew.
CREATE TABLE identity (
    id TEXT NOT NULL
) STRICT;
ALTER TABLE events ADD COLUMN context TEXT;
DROP TABLE accounts;
DROP TABLE members;
DROP TABLE plans;
