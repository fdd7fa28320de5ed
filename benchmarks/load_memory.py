"""Peak anonymous memory while a model loads, over the bytes of its weights in the target precision.

A pipeline of Stable Diffusion's classes with random float16 weights is written to a temporary
folder, then loaded in a fresh process for each target precision, while a thread samples RssAnon
(memory that only this process has) and the whole resident set every 5 ms. Prints one JSON object.

    uv run python benchmarks/load_memory.py [--small]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY))

from benchmarks.machine import report  # noqa: E402

SAMPLE_SECONDS = 0.005
PRECISIONS = ("float16", "bfloat16", "float32")


def write_pipeline(folder: Path, small: bool) -> int:
    """Write a random float16 Stable Diffusion pipeline; return its number of weights."""
    import torch
    from diffusers import (
        AutoencoderKL,
        PNDMScheduler,
        StableDiffusionPipeline,
        UNet2DConditionModel,
    )
    from transformers import CLIPTextConfig, CLIPTextModel

    from tests.engines.tiny_models import tokenizer

    widths = (64, 128, 128, 128) if small else (160, 320, 640, 640)
    with torch.device("meta"):
        models = {
            "unet": UNet2DConditionModel(
                block_out_channels=widths, cross_attention_dim=768, attention_head_dim=8
            ),
            "vae": AutoencoderKL(
                block_out_channels=(128, 256, 512, 512),
                down_block_types=("DownEncoderBlock2D",) * 4,
                up_block_types=("UpDecoderBlock2D",) * 4,
                layers_per_block=2,
                latent_channels=4,
            ),
            "text_encoder": CLIPTextModel(
                CLIPTextConfig(
                    hidden_size=768, intermediate_size=3072, num_attention_heads=12,
                    num_hidden_layers=4 if small else 12,
                )
            ),
        }  # fmt: skip
    for name, model in models.items():
        models[name] = model.to_empty(device="cpu").half()
        for parameter in models[name].parameters():
            torch.nn.init.normal_(parameter, std=0.02)
    StableDiffusionPipeline(
        tokenizer=tokenizer(folder / "tokenizer"),
        scheduler=PNDMScheduler(skip_prk_steps=True, steps_offset=1),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
        **models,
    ).save_pretrained(folder)
    return sum(p.numel() for model in models.values() for p in model.parameters())


class Sampler(threading.Thread):
    """Samples this process's memory until it is stopped."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.stopping = threading.Event()
        self.anonymous = self.resident = 0

    def run(self) -> None:
        while not self.stopping.wait(SAMPLE_SECONDS):
            anonymous, resident = memory()
            self.anonymous = max(self.anonymous, anonymous)
            self.resident = max(self.resident, resident)


def memory() -> tuple[int, int]:
    """Return (RssAnon, VmRSS) of this process in bytes."""
    values = {}
    for line in Path("/proc/self/status").read_text().splitlines():
        name, _, rest = line.partition(":")
        if name in ("RssAnon", "VmRSS"):
            values[name] = int(rest.split()[0]) * 1024
    return values["RssAnon"], values["VmRSS"]


def measure(folder: Path, precision: str) -> dict[str, float]:
    """Load the pipeline in this process through the engine's loader and return the peaks."""
    from studio.engines.threads import configure_threads

    configure_threads()
    from studio.engines.image.engine import PictureEngine
    from studio.engines.image.loaded_pipeline import LoadedPipeline
    from tests.engines.recorder import Recorder, make_plan

    PictureEngine().preload()
    plan = make_plan(folder, data_type=precision)
    run = Recorder(folder)
    anonymous, resident = memory()
    sampler = Sampler()
    sampler.start()
    started = time.perf_counter()
    loaded = LoadedPipeline.load(plan, run)
    seconds = time.perf_counter() - started
    sampler.stopping.set()
    sampler.join()
    target = loaded.held_bytes()
    return {
        "target_bytes": target,
        "seconds": round(seconds, 2),
        "peak_anonymous_bytes": sampler.anonymous - anonymous,
        "peak_resident_bytes": sampler.resident - resident,
        "peak_anonymous_over_target": round((sampler.anonymous - anonymous) / target, 3),
        "peak_resident_over_target": round((sampler.resident - resident) / target, 3),
    }


def main() -> None:
    """Write the pipeline, measure each precision in a process of its own, print JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", action="store_true", help="some 150 MB instead of 600 MB")
    parser.add_argument("--child", nargs=2, metavar=("FOLDER", "PRECISION"))
    options = parser.parse_args()
    if options.child:
        print(json.dumps(measure(Path(options.child[0]), options.child[1])))
        return
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "model"
        weights = write_pipeline(folder, options.small)
        results = {}
        for precision in PRECISIONS:
            child = [sys.executable, __file__, "--child", str(folder), precision]
            output = subprocess.run(child, check=True, capture_output=True, text=True).stdout
            results[precision] = json.loads(output.strip().splitlines()[-1])
    report("load_memory", {"weights": weights, "stored_as": "float16", "to": results})


if __name__ == "__main__":
    main()
