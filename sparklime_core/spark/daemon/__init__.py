"""The folder of the Python workers' daemon: it is on their path, and they find nothing else in it."""
