"""Lanczos: makes pictures larger by resampling, without weights."""
