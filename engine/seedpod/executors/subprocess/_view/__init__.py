"""The level `view`: each container has files, processes and users of its own, by bubblewrap."""
