"""PUBLIC: what plugins, the window and the workers say to each other. No Qt, no torch."""
