"""The statistics that :mod:`wbcval.stats` shows: one a file, named after it."""
