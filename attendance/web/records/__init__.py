"""Pages of what was recorded: today, check-ins, days, presence, and attempts with their explanation."""
