"""The validation protocol: its types, its bounds, and the strict reader of its file."""
