"""The rows page: the filter, the table and the plot, and the rows that are compared."""
