"""Published and certified results, recomputed on the installation at hand.

A family of checks is a file of ``checks/`` with a tuple ``CHECKS``; nothing else knows it.
"""
