"""``python -m studio.cli`` is ``atelier``."""

from __future__ import annotations

from studio.cli.main import main

raise SystemExit(main())
