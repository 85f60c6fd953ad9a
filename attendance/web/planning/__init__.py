"""Pages of planning: shifts and rules, holidays, sites, staff, and status codes."""
