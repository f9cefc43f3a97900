"""The words everybody speaks: errors, estimates, findings, flags, classes, units, measurands."""
