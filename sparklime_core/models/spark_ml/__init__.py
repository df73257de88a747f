"""Fitted models of ``pyspark.ml``, read from the folder where Spark has saved them, without Spark."""
