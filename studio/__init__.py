"""Atelier: an offline creative studio for pictures, video, music and text."""

__version__ = "0.1.0"
