"""Questions about runs, answered by DuckDB over their Parquet files."""
