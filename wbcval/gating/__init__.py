"""The release gate: two sides compared, what changed, the baseline, outputs for CI."""
