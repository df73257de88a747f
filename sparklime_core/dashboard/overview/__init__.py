"""The overview page: what the model goes by over all rows."""
