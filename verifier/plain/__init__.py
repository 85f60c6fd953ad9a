"""Pictures without a face: preparation of digits, characters, signatures and plain pictures."""
