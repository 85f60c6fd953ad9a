"""Pages of a month: reports of the desk, one person's month, requests, overtime and payroll."""
