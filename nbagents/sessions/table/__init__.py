"""A history as a DataFrame, and from an edited frame back to what must be written."""
