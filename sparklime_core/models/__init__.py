"""Train, measure, save and load a model."""
