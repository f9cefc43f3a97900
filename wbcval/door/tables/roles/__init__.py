"""How a file of each role is read: ``<role>.py`` with ``read(path, options)``."""
