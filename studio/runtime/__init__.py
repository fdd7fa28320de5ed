"""The job queue, the supervision of worker processes, and what crosses the pipe between them."""
