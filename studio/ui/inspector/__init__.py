"""The panel at the right: the form of one kind of request, its plan, and its Generate button."""

from __future__ import annotations

from studio.ui.inspector.form import RequestForm
from studio.ui.inspector.inspector import Inspector
from studio.ui.inspector.plan_line import PlanLine

__all__ = ["Inspector", "PlanLine", "RequestForm"]
