"""Work days from punches, shifts, calendars and leave: plans, pairing, status, overtime, totals, explanations."""
