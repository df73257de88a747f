"""Spark: Java, sessions, a local cluster, the distributed job, and the facts about who did what.

Nothing is imported here: executors load single modules of this package.
"""
