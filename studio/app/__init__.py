"""The composition root and what the studio can do: the window and the command line both use it."""
