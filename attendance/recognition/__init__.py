"""How is a face recognized? The one seam to `verifier`: nothing else in `attendance` imports it."""
