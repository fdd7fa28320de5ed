"""What every room stands on: paths, settings, errors, ids and logs. No Qt, no torch."""
