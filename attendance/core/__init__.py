"""What may every room use? errors, clock, audit, permissions, queue, and the site's own settings; nothing else."""
