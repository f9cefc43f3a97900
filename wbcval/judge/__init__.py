"""Criteria on results: outcomes, their sentences, the scope, the verdict."""
