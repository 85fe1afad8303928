"""The search index: accounts by a part of their name and by what is free, a moment behind the journal."""
