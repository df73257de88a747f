"""What should make a person stop before a model is believed or explained."""
