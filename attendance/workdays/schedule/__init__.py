"""The schedule: shifts, sites, calendars, employment, rules and status codes."""
