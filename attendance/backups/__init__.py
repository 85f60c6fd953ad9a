"""Backups of the whole state: made while Muster runs, checked, restored into an empty place."""
