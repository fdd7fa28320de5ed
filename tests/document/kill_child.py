"""A studio that works until it is killed: says what it will do, and what the project has kept."""

from __future__ import annotations

import hashlib
import os
import random
import sys
from pathlib import Path

from document_model import PictureModel, digest_of

from studio.api.artifacts import ImageArtifact
from studio.api.requests import ModelRef, TextToImage
from studio.document import Project


def say(*words: object) -> None:
    """Write one line at once: what is in the pipe outlives the process."""
    os.write(1, (" ".join(map(str, words)) + "\n").encode())


def main(path: Path, run: str) -> None:
    chance = random.Random(run)
    project = Project.open(path)
    image = project.image
    model = PictureModel(image.width, image.height)
    model.layers = list(image.layers)
    model.tiles = {
        layer.id: {
            key: int.from_bytes((image.tile(layer.id, key) or b"")[:4], "little")
            for key in image.occupied(layer.id)
        }
        for layer in image.layers
    }
    model.selection = {
        key: (image.selection.tile(key) or b"\0")[0] for key in image.selection.tiles
    }
    model.count = random.Random(run).randrange(10**6)
    say("start", digest_of(image))
    number = 0
    while True:
        number += 1
        for _ in range(chance.randrange(1, 4)):
            draw = chance.random()
            if draw < 0.25 and model.undo():
                say("will", model.digest())
                image.undo()
            elif draw < 0.4 and model.redo():
                say("will", model.digest())
                image.redo()
            else:
                operation = model.random_operation(chance)
                model.do(operation)
                say("will", model.digest())
                image.apply(operation)
        if chance.random() < 0.3:
            add_picture(project, path.parent, f"{run}-{number}")
        if project.flush(60):
            say("kept", number)


def add_picture(project: Project, folder: Path, name: str) -> None:
    content = name.encode() * 20_000
    sha256 = hashlib.sha256(content).hexdigest()
    scratch = folder / f"{name}.png"
    scratch.write_bytes(content)
    project.history.add(name, TextToImage(model=ModelRef(id="m"), prompt=f"picture {name}"))
    artifact = ImageArtifact(
        path=str(scratch),
        sha256=sha256,
        media_type="image/png",
        size_bytes=len(content),
        width=64,
        height=64,
        seed=1,
        thumbnail=b"small",
    )
    project.history.add_output(name, artifact)
    say("picture", name, sha256)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
