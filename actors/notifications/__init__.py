"""The notifications context: webhooks, which tell others of the events of the journal."""
