"""Which claims are numbers? Each is made by a file here, and docs/reference/ says by which command."""
