"""Pages of people: directory, enrolment, membership, photos, and lists read or written as files."""
