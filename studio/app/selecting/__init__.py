"""Selecting without a display: shapes, similar colours, growing, feathering, outlines."""
