"""What each command of the command line does: options to verbs, results to words.

A file a command, imported when it is called: none pays for what another needs.
"""
