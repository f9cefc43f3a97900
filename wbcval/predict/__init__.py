"""From images to the table of predictions: cards, images, models, fields, the run."""
