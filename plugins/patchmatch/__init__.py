"""PatchMatch: fills holes and continues pictures from what is in them, without weights."""
