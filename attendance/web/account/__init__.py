"""Pages of one's own account: sign in and out, password, and theme."""
