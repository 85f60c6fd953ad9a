"""Pages for whoever operates Muster: settings, and the health of its parts."""
