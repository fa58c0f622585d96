"""Manifests: from YAML or JSON text to objects with every default, and back.

`load.py` has the story: documents are composed (`documents`), each becomes an object (`entries`,
`kinds`, `structure`), problems are collected on the way, and nothing is returned unless all is
well.
"""
