"""``atelier place`` and ``atelier export`` move layers between programs without a window."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from psd_tools import PSDImage

from studio.app.pictures import open_picture
from studio.cli import main
from studio.document import Project


def photoshop(path: Path) -> Path:
    psd = PSDImage.new("RGB", (60, 40))
    for name in ("Sky", "Sea", "Boat"):
        psd.create_pixel_layer(Image.new("RGB", (30, 20), "red"), name=name, top=5)
    psd.save(path)
    return path


def test_from_photoshop_to_openraster_and_back(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project, exported = tmp_path / "p.atelier", tmp_path / "p.ora"
    source = photoshop(tmp_path / "boat.psd")
    assert main(["place", str(source), "--project", str(project), "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["placed"][0]["layers"] == ["Sky", "Sea", "Boat"]
    assert main(["export", "--project", str(project), "-o", str(exported)]) == 0
    again = tmp_path / "again.atelier"
    assert main(["place", str(exported), "--project", str(again)]) == 0
    assert "3 layers" in capsys.readouterr().out
    opened = Project.open(again, read_only=True)
    assert [layer.name for layer in opened.image.layers] == ["Sky", "Sea", "Boat"]
    assert (opened.image.width, opened.image.height) == (60, 40)
    opened.close()
    shown = open_picture(exported)
    pixels = np.frombuffer(shown.straight(), np.uint8).reshape(40, 60, 4)
    assert tuple(pixels[10, 10]) == (255, 0, 0, 255)
    assert pixels[30, 50, 3] == 0


def test_file_that_cannot_be_read_places_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project = tmp_path / "p.atelier"
    bad = tmp_path / "bad.ora"
    bad.write_bytes(b"PK\x03\x04" + bytes(100))
    good = photoshop(tmp_path / "good.psd")
    assert main(["place", str(good), str(bad), "--project", str(project)]) == 1
    assert "bad.ora is damaged" in capsys.readouterr().err
    assert not project.exists()


def test_one_generated_picture_has_no_layers_to_export(tmp_path: Path) -> None:
    assert main(["export", "some-id", "-o", str(tmp_path / "x.ora")]) == 2
