"""The worker process: reads requests, drives engines, sends events. ``python -m studio.worker``."""
