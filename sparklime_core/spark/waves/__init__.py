"""The rows of a run on the executors, wave by wave."""
