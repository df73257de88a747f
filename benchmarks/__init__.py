"""What an explanation costs: lime, its fast engines here, and SHAP, side by side on one core (``make bench``)."""
