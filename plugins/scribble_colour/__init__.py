"""Scribble colour: gives pictures colours from painted hints, without weights."""
