"""Face attendance as one Django app: rooms by subject, with import contracts as their borders."""
