"""Leukocytes found in the picture of a smear field. OpenCV is imported here alone."""
