"""An evidence bundle's contents: each file is read beside where it is written."""
