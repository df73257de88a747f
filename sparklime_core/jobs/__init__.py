"""One run from start to end: a trained model and its settings in, a run folder out."""
