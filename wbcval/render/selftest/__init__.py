"""The sections of a self-test's page, a file each; ``reports/templates/selftest`` has templates."""
