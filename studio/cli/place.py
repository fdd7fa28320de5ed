"""``atelier place``: picture files onto the canvas of a project, with their layers."""

from __future__ import annotations

import argparse
import os

import msgspec

from studio.app.landing import Parts, landing
from studio.app.placing import decoded, remark_on
from studio.cli.session import writable_project
from studio.document import Batch


def run_place(options: argparse.Namespace) -> int:
    """Read all files first, then place them: a file that cannot be read changes nothing."""
    opened: list[Parts] = [decoded(path) for path in options.files]
    placed = []
    with writable_project(options.project) as project:
        for path, parts in zip(options.files, opened, strict=True):
            before = {layer.id for layer in project.image.layers}
            operations = landing(project.image, parts, path.stem, None)
            project.image.apply(Batch(label="Place picture", operations=tuple(operations)))
            layers = [one.name for one in project.image.layers if one.id not in before]
            placed.append({"file": os.fspath(path), "layers": layers, "remarks": parts.remarks})
            if not options.json:
                print(f"{path}: {len(layers)} {'layer' if len(layers) == 1 else 'layers'}")
                if parts.remarks:
                    print(remark_on(path, parts))
        where = os.fspath(project.path)
    if options.json:
        print(msgspec.json.encode({"project": where, "placed": placed}).decode())
    return 0
