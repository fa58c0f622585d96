"""Volumes on the host: prepared, kept up to date, and removed; nothing here waits.

`prepare.py` is the way in. A configMap's files are written by `atomic_writer`, a part of a volume
is found by `sub_path`, and `removal` takes away what containers have left.
"""
