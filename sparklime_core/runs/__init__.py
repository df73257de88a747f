"""The run store: manifest and Parquet on disk, queries, resume, export."""
