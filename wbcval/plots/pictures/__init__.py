"""The pictures that :mod:`wbcval.plots` shows: one a file, named after it."""
