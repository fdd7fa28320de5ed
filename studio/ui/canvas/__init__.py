"""The canvas: view, candidates, comparison and layers; see ``workspace.CanvasWorkspace``."""
