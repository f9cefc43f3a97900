"""Cell images: which there are, read strictly, brought to a model's size and numbers."""
