"""Executors: reports on them, what is sent to them, and their logs."""
