"""What is known of executors, what they are sent, and what they wrote."""
