"""What every room may use: errors, clock, audit, permissions, queue and the site's settings; nothing else."""
