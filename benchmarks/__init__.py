"""What Atelier claims about speed and memory, runnable."""
