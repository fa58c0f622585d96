"""Decisions about a pod that is found in some state: what to do with it, and how its status reads.

The engine runs a pod as a story, from its first container to its last. This room is for the two
moments when there is no story to look back on: a pod that an earlier engine left, and the last word
on one that is gone. Everything here is a function of what the manifest says, what was found
(`FoundPod`), and what was last said of it (`PodStatus`).
"""
