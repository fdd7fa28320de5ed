"""``atelier export``: the canvas or a generated picture as a file."""

from __future__ import annotations

import argparse
import os

import msgspec

from studio.app.layered import OPENRASTER_SUFFIX
from studio.app.output_path import check_output_path
from studio.app.placing import write_canvas, write_output
from studio.cli.session import opened_project
from studio.core.errors import ImageProblem


def run_export(options: argparse.Namespace) -> int:
    """Write the file; the project is opened for reading only. The canvas may be .ora, too."""
    check_output_path(options.output, () if options.id else (OPENRASTER_SUFFIX,))
    with opened_project(options.project) as project:
        if options.id:
            write_output(project, options.id, options.index, options.output)
        else:
            image = project.image
            if not image.layers:
                raise ImageProblem("The canvas is empty.", "Keep or place a picture first.")
            write_canvas(image, options.output)
    if options.json:
        print(msgspec.json.encode({"file": os.fspath(options.output)}).decode())
    else:
        print(options.output)
    return 0
