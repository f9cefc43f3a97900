"""Does a white-cell classifier's count agree with the reference analyzer?"""

__version__ = "0.1.0.dev0"
