"""Deletion of personal data: evidence by age, a person on request."""
