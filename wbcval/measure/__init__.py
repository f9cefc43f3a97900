"""Every statistic of every subject in every stratum, as results."""
