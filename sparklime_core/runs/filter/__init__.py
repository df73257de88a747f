"""Which explained rows to list: one table of fields, and their links, SQL and words."""
