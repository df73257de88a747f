"""The Spark session of this process: masters, configuration, the JVM, and the two kinds of Spark."""
