"""Images on this machine: which one a container names, its files on disk, what it says to run.

A directory is taken as it is. An OCI image is unpacked once for all processes of a user, by umoci,
into a directory named for its manifest's digest.
"""
