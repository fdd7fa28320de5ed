"""The Canvas workspace: view, candidates, comparison and layers; see ``workspace.CanvasWorkspace``."""
