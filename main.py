"""Opens the studio: ``uv run main.py [PROJECT]``."""

from studio.ui.launch import main

if __name__ == "__main__":
    raise SystemExit(main())
