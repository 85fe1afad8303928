"""SQL that the engines with tables share: the queries, the feed, the deliveries of webhooks."""
