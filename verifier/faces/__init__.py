"""What is true of faces only? Where they are, how they are brought upright, whether they can be recognized."""
