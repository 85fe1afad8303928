-- Where the extension pg_trgm may be used: a part of a name is found without reading all of them.
CREATE INDEX accounts_by_part_of_name ON accounts USING gin (name gin_trgm_ops);
