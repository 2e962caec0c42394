"""The project beside its peers: figures are ratios of runs in turn on one machine."""
