"""The service on several processes: edges that take requests, and shards on Ray that own the aggregates."""
