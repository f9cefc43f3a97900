"""A candidate model against the accepted one: sides, whether they compare, what changed (§12)."""
