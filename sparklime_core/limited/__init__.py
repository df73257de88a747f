"""Work on files from strangers, in child processes with limits of memory, time and threads."""
