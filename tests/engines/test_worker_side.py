"""What a worker relies on: light imports, threads, the device, the engine's face."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from studio.api.engines import Engine
from studio.api.requests import (
    ChatTurn,
    Colorize,
    ImageToImage,
    Inpaint,
    TextToImage,
    Uncrop,
    Upscale,
)
from studio.core.errors import InvalidRequest
from studio.engines import built_in_engines
from studio.engines.devices import device_info, used_bytes
from studio.engines.threads import physical_cores
from tests.engines.recorder import Recorder

REPOSITORY = Path(__file__).resolve().parents[2]


def in_a_fresh_process(code: str) -> dict[str, object]:
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    output = subprocess.run(
        [sys.executable, "-c", code],
        check=True,
        capture_output=True,
        text=True,
        env=environment,
        timeout=120,
    ).stdout
    return dict(json.loads(output.strip().splitlines()[-1]))


def test_asking_for_the_engines_imports_no_heavy_library() -> None:
    found = in_a_fresh_process(
        "import sys, json; from studio.engines import built_in_engines; engines ="
        " built_in_engines(); print(json.dumps({'ids': [e.id for e in engines], 'heavy':"
        " [m for m in ('torch', 'diffusers', 'transformers', 'numpy') if m in sys.modules]}))"
    )
    assert found == {"ids": ["image.pictures", "image.upscale", "language.chat"], "heavy": []}


def test_preload_imports_stable_diffusion_and_not_every_family() -> None:
    found = in_a_fresh_process(
        "import sys, json, os; from studio.engines.threads import configure_threads;"
        " n = configure_threads(); from studio.engines import built_in_engines;"
        " built_in_engines()[0].preload(); import torch;"
        " print(json.dumps({'threads': [n, torch.get_num_threads()],"
        " 'wait': os.environ['OMP_WAIT_POLICY'], 'offline': os.environ['HF_HUB_OFFLINE'],"
        " 'families': [m for m in sys.modules if m.startswith('diffusers.pipelines.')"
        " and m.endswith(('pipeline_flux', 'pipeline_stable_diffusion', 'auto_pipeline'))]}))"
    )
    assert found["threads"] == [physical_cores()] * 2
    assert found["wait"] == "PASSIVE"
    assert found["offline"] == "1"
    assert found["families"] == ["diffusers.pipelines.stable_diffusion.pipeline_stable_diffusion"]


def test_the_engines_have_the_face_that_workers_know_and_share_one_model_cache() -> None:
    pictures, larger, words = built_in_engines()
    for engine in (pictures, larger, words):
        assert isinstance(engine, Engine)
        assert engine.resident() == []
    assert pictures.requests == (TextToImage, ImageToImage, Inpaint, Uncrop, Colorize)
    assert larger.requests == (Upscale,)
    assert words.requests == (ChatTurn,)
    assert pictures.residency is words.residency is larger.residency


def test_writing_imports_no_picture_library() -> None:
    found = in_a_fresh_process(
        "import sys, json; from studio.engines import built_in_engines;"
        " built_in_engines()[2].preload();"
        " print(json.dumps({'heavy': [m for m in ('torch', 'diffusers') if m in sys.modules]}))"
    )
    assert found == {"heavy": ["torch"]}


def test_the_device_is_described_and_can_be_made_smaller(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    device = device_info()
    assert device.total_bytes >= device.free_bytes > 0
    assert device.data_type == ("float32" if device.kind == "cpu" else device.data_type)
    assert 0 < used_bytes(device) < device.total_bytes
    assert device.simulated_budget_bytes == 0
    monkeypatch.setenv("ATELIER_SIMULATED_BUDGET", "123456")
    assert device_info().simulated_budget_bytes == 123_456


def test_the_peak_counts_what_was_held_and_let_go() -> None:
    # In a process of its own: the kernel takes pages of a large old one away while it measures.
    found = in_a_fresh_process(
        "import json; from studio.engines.devices import PeakMemory, resident_set;"
        " peak = PeakMemory('cpu', resident_set()); block = bytearray(80_000_000);"
        " block[::4096] = b'x' * len(block[::4096]); peak.sample(); del block;"
        " print(json.dumps({'peak': peak.peak_bytes()}))"
    )
    assert 70_000_000 < int(str(found["peak"])) < 400_000_000


def test_a_request_without_a_plan_is_refused(tmp_path: Path) -> None:
    from studio.api.requests import ModelRef

    request = TextToImage(model=ModelRef(id="m"), prompt="a cat")
    with pytest.raises(InvalidRequest):
        built_in_engines()[0].run(request, None, Recorder(tmp_path))
