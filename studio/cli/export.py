"""``atelier export``: the canvas or a generated picture as a file."""

from __future__ import annotations

import argparse
import os

import msgspec

from studio.app.flatten import flatten
from studio.app.output_path import check_output_path
from studio.app.pictures import write_picture
from studio.app.placing import write_output
from studio.cli.session import opened_project
from studio.core.errors import ImageProblem


def run_export(options: argparse.Namespace) -> int:
    """Write the file; the project is opened for reading only."""
    check_output_path(options.output)
    with opened_project(options.project) as project:
        if options.id:
            write_output(project, options.id, options.index, options.output)
        else:
            image = project.image
            if not image.layers:
                raise ImageProblem("The canvas is empty.", "Keep or place a picture first.")
            write_picture(flatten(image), image.width, image.height, options.output)
    if options.json:
        print(msgspec.json.encode({"file": os.fspath(options.output)}).decode())
    else:
        print(options.output)
    return 0
