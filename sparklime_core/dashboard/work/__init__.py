"""How a run goes: its progress, its place in the queue, and who did the work."""
