"""A database whose streams belong to several shards: how many, and who works beside them."""
