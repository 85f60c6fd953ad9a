"""Faces: detection, alignment and quality checks."""
