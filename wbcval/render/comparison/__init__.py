"""The sections of the gate's page, a file each; ``reports/templates/comparison`` has templates."""
