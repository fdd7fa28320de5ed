"""Painting without a display: brushes, strokes, fills and transforms on a layer's tiles."""
