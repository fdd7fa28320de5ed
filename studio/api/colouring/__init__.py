"""Colouring without weights: hints that spread, flat fills for line art, palettes."""
