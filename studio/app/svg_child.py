"""The process that draws one SVG: the drawing comes on the standard input, a PNG goes out.

Its memory and time are bounded where the system can do that; what it does wrong ends only itself.
"""

from __future__ import annotations

import sys

_MEMORY_BYTES = 3 << 30
_CPU_SECONDS = 30


def _limit() -> None:
    try:
        import resource
    except ImportError:  # Windows: the parent's time limit remains
        return
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_SECONDS, _CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main() -> int:
    """Draw; the exit code is 0 when a PNG was written."""
    _limit()
    import resvg_py

    text = sys.stdin.buffer.read().decode("utf-8")
    sys.stdout.buffer.write(bytes(resvg_py.svg_to_bytes(svg_string=text)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
