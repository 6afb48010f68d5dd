"""Traces on the console and in a file, and the tools that they can go to as well."""
