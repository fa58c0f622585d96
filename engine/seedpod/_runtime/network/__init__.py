"""What probes and hooks ask over the network: HTTP, TCP and gRPC.

Each function asks once, within a number of seconds, and returns what came of it: what goes wrong
out there is an answer, never an exception. `connection` is what they stand on.
"""
