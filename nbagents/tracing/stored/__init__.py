"""The traces of one SQLite file: read, annotated, thinned out."""
