"""Storyboard: the sketch engine for pictures. Words become layers, in about a second."""
