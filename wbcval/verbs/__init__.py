"""The verbs as Python: the whole road, the gate, and the drafting of a protocol."""
