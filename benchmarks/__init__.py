"""How fast Seedpod is, each workload measured beside what it cannot be faster than."""
