"""Where predictions come from: the record that ``predict`` writes with them and ``report`` reads.

In Parquet it is metadata of the file; beside a CSV it is a JSON file that names the CSV's sha256.
"""

from __future__ import annotations

KEY = b"wbcval.origin"  # in the metadata of a Parquet file
SUFFIX = ".origin.json"  # predictions.csv.origin.json
