"""Lifetimes: what lives how long is the block it stands in.

Read `pod.py` first: its first page is the story of a pod. `container.py` keeps one container
running, `stopping.py` ends what runs, `engine.py` owns the pods.
"""
