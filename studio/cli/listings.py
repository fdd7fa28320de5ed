"""``atelier models`` and ``atelier gallery``: what is installed, what was made."""

from __future__ import annotations

import argparse
import time
from typing import Any

import msgspec

from studio.app.libraries import open_library
from studio.app.plugins import find_plugins
from studio.cli.session import opened_project, readable_settings
from studio.core.units import format_bytes
from studio.document import HistoryItem
from studio.models import InstalledModel


def run_models(options: argparse.Namespace) -> int:
    """List every model, or describe one."""
    library = open_library(readable_settings(), find_plugins().models())
    if options.name:
        model = library.find(options.name)
        print(_json(model) if options.json else _description(model))
        return 0
    library.refresh()
    problems = library.problems()
    if options.json:
        answer = {
            "models": library.models(),
            "problems": [
                {"path": str(path), "code": error.code, "message": error.message}
                for path, error in problems
            ],
        }
        print(_json(answer))
        return 0
    for model in library.models():
        print(
            f"{model.id:32} {model.family:14} {format_bytes(model.size_on_disk):>9}  {model.title}"
        )
    for path, error in problems:
        print(f"! {path}: {error}")
    return 0


def _description(model: InstalledModel) -> str:
    defaults = model.defaults
    lines = [
        model.title,
        *([model.summary] if model.summary else []),
        f"id        {model.id}",
        f"family    {model.family} ({model.layout})",
        f"can do    {', '.join(model.tasks) or 'nothing that this Atelier knows'}",
        f"licence   {model.licence or 'not stated'}",
        f"folder    {model.path}",
        f"on disk   {format_bytes(model.size_on_disk)}, revision {model.revision}",
    ]
    if model.language is not None:
        lines.append(f"window    {model.language.context_tokens:,} tokens")
    else:
        lines.append(
            f"defaults  {defaults.width} x {defaults.height}, {defaults.steps} steps, "
            f"guidance {defaults.guidance_scale:g}"
        )
    lines += [
        f"part      {part.name}: {part.parameters:,} parameters, {format_bytes(part.stored_bytes)}"
        for part in model.components
    ]
    return "\n".join(lines)


def run_gallery(options: argparse.Namespace) -> int:
    """List the history of a project, newest first."""
    with opened_project(options.project) as project:
        items = project.history.search(" ".join(options.search), starred=options.starred)
    items = items[: max(0, options.limit)]
    if options.json:
        print(_json({"items": items}))
        return 0
    for item in items:
        print(_line(item))
    if not items:
        print("Nothing found.")
    return 0


def _line(item: HistoryItem) -> str:
    when = time.strftime("%Y-%m-%d %H:%M", time.localtime(item.created))
    star = "*" if item.starred else " "
    state = item.status if item.status != "done" else f"{len(item.outputs)} picture(s)"
    return f"{item.id} {star} {when}  {state:12} {item.model_title:20} {item.title}"


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
