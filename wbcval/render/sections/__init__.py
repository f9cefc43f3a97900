"""The sections of the report, a file each; ``reports/templates/sections`` has their templates."""
