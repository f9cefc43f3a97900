"""From checked tables to the study: samples paired, cells counted, each booked once."""
