"""From images to the table of predictions: the run that survives bad files and restarts."""
