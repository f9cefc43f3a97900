"""Where tables come in: containers and dialects to text, text to checked rows."""
