"""Model backends: each ``_<name>.py`` with a ``BACKEND`` is one. torch is imported here alone."""
