"""Pages of the door and the desk: check-in, kiosk and the pairing of devices."""
