"""The checks: a family a file, each with its data and where its figures are published."""
