-- What the searches for accounts need beside the view: SQLite has an index of its own that follows the journal.
CREATE INDEX accounts_by_name ON accounts (name, number);
CREATE INDEX accounts_by_members_free ON accounts (members_free);
CREATE INDEX accounts_by_seats_free ON accounts (seats_free);
