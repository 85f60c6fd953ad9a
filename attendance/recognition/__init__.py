"""Recognition of faces: the only room of `attendance` that imports `verifier`."""
