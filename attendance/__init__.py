"""Who was here, and when? One Django app, rooms by subject; the borders are import contracts."""
