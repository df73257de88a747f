"""Sessions, a local standalone cluster, the distributed job, and what the executors report."""
