"""What the pointer does on the canvas: one module a tool."""
