"""The window: every Qt import of the studio lives below this package."""
