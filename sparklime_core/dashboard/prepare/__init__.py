"""The pages before a run: data, model and Spark."""
