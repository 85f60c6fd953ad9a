"""What must go, and when? Evidence by age, a person on request."""
