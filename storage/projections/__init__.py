"""Views: the query rows that follow from events, one file a table, the same for every engine."""
