"""Tables: read, described by column, and encoded into the space that LIME and the model share."""
