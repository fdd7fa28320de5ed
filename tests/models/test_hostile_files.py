"""Mutated model files and folders: a clear refusal or a sound answer, quickly, and no code run."""

from __future__ import annotations

import json
import os
import pickle
import random
import shutil
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from studio.api.plans import DeviceInfo
from studio.api.requests import ModelRef, TextToImage
from studio.core.errors import StudioError
from studio.models import ModelLibrary, plan_load
from studio.models.identify import identify

if TYPE_CHECKING:
    from conftest import ModelMaker

SECONDS_FOR_ONE = 5.0

ODD_VALUES: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    2**31,
    2**63,
    -(2**63),
    1e308,
    0.5,
    "",
    "../../../etc/passwd",
    "..\\x",
    "\0",
    "\ud800",
    "x" * 5000,
    [],
    {},
    [[]],
    [None, None],
    [-1, 2**40],
    ["os", "system"],
    {"a": {"b": {}}},
    "F16",
    "AutoencoderTiny",
    4,
    9,
)


class _Payload:
    """A pickle that would leave a file behind if anything ever loaded it."""

    def __init__(self, canary: Path) -> None:
        self.canary = canary

    def __reduce__(self) -> tuple[Any, ...]:
        return (os.mkdir, (str(self.canary),))


class Mutator:
    """Damages a copy of a model in one of many ways, chosen by its random numbers."""

    def __init__(self, numbers: random.Random, canary: Path) -> None:
        self.numbers = numbers
        self.canary = canary

    def mutate(self, target: Path) -> None:
        """Damage one file below ``target``, or ``target`` itself."""
        files = (
            [target] if target.is_file() else sorted(p for p in target.rglob("*") if p.is_file())
        )
        path = self.numbers.choice(files)
        ways: list[Callable[[Path], None]] = [self.bytes, self.bytes, self.replace]
        if path.suffix == ".json":
            ways += [self.configuration] * 4
        else:
            ways += [self.header] * 4 + [self.header_length, self.pickle, self.archive]
        self.numbers.choice(ways)(path)

    def bytes(self, path: Path) -> None:
        """Flip, insert, cut or append bytes."""
        data = bytearray(path.read_bytes())
        for _ in range(self.numbers.choice((1, 1, 2, 30))):
            place = self.numbers.randrange(min(len(data), 4000) + 1)
            way = self.numbers.randrange(4)
            if way == 0 and place < len(data):
                data[place] = self.numbers.randrange(256)
            elif way == 1:
                data[place:place] = self.numbers.randbytes(self.numbers.randrange(1, 20))
            elif way == 2:
                del data[place : place + self.numbers.randrange(1, 50)]
            else:
                data += self.numbers.randbytes(self.numbers.randrange(1, 20))
        path.write_bytes(data)

    def replace(self, path: Path) -> None:
        """Put something else where the file was."""
        path.unlink()
        way = self.numbers.randrange(6)
        if way == 0:
            path.mkdir()
        elif way == 1:
            path.symlink_to(path)
        elif way == 2:
            path.symlink_to("/dev/zero")
        elif way == 3:
            os.mkfifo(path)
        elif way == 4:
            path.write_bytes(b"")

    def configuration(self, path: Path) -> None:
        """Change one value of a JSON file, its keys included; rarely nest it without end."""
        if self.numbers.random() < 0.05:
            path.write_bytes(b'{"a":' * 100_000)
            return
        try:
            value = json.loads(path.read_bytes())
        except (ValueError, RecursionError):
            return
        path.write_text(json.dumps(self._changed(value)))

    def header(self, path: Path) -> None:
        """Change one value of a safetensors header and keep its length right."""
        data = path.read_bytes()
        length = int.from_bytes(data[:8], "little")
        try:
            value = json.loads(data[8 : 8 + length])
        except ValueError:
            return
        raw = json.dumps(self._changed(value)).encode("utf-8", "surrogatepass")
        path.write_bytes(len(raw).to_bytes(8, "little") + raw + data[8 + length :])

    def header_length(self, path: Path) -> None:
        """Let the header's length lie."""
        data = bytearray(path.read_bytes())
        length = self.numbers.choice((0, 1, 2, 2**20, 2**31, 2**63, 2**64 - 1, len(data)))
        data[:8] = length.to_bytes(8, "little")
        path.write_bytes(data)

    def pickle(self, path: Path) -> None:
        """Put a pickle with a payload in the file's place."""
        path.write_bytes(pickle.dumps(_Payload(self.canary), protocol=self.numbers.randrange(6)))

    def archive(self, path: Path) -> None:
        """Put archives in archives with a pickle inside, before or after the weights."""
        weights = path.read_bytes()
        inner = path.with_suffix(".inner")
        with zipfile.ZipFile(inner, "w") as archive:
            archive.writestr("archive/data.pkl", pickle.dumps(_Payload(self.canary)))
        with zipfile.ZipFile(path, "w") as archive:
            archive.write(inner, "nested.zip")
        inner.unlink()
        if self.numbers.random() < 0.5:
            path.write_bytes(weights + path.read_bytes())

    def _changed(self, value: Any) -> Any:
        """Return ``value`` with one of its inner values replaced, renamed or removed."""
        if isinstance(value, dict) and value and self.numbers.random() < 0.9:
            key = self.numbers.choice(list(value))
            way = self.numbers.random()
            changed = dict(value)
            if way < 0.1:
                del changed[key]
            elif way < 0.2:
                changed[self.numbers.choice(("..", "", "unet", "a/b", "x" * 3000))] = changed.pop(
                    key
                )
            else:
                changed[key] = self._changed(value[key])
            return changed
        if isinstance(value, list) and value and self.numbers.random() < 0.7:
            place = self.numbers.randrange(len(value))
            return [*value[:place], self._changed(value[place]), *value[place + 1 :]]
        return self.numbers.choice(ODD_VALUES)


def survive(maker: ModelMaker, folder: Path, seeds: range) -> None:
    """Identify one damaged model a seed; anything but an answer or a StudioError fails."""
    template = maker.small_pipeline(folder / "template")
    (template / "README.md").write_text("---\nlicense: mit\n---\n")
    maker.json(template / "atelier.json", {"title": "Mine", "default": {"width": 128}})
    maker.checkpoint(template / "vae" / "a.safetensors", {"conv_in.bias": [32]})
    cut = {"weight_map": {"decoder.conv_in.weight": "diffusion_pytorch_model.safetensors"}}
    maker.json(template / "vae" / "diffusion_pytorch_model.safetensors.index.fp16.json", cut)
    single = maker.checkpoint(
        folder / "single.safetensors",
        {
            "model.diffusion_model.input_blocks.0.0.weight": [4, 4, 3, 3],
            "model.diffusion_model.input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight": [
                4,
                768,
            ],
            "first_stage_model.decoder.up.0.block.0.conv1.weight": [4, 8, 3, 3],
            "first_stage_model.decoder.conv_in.weight": [4, 4, 3, 3],
        },
        metadata={"modelspec.title": "Mine"},
    )
    canary = folder / "canary"
    for seed in seeds:
        numbers = random.Random(seed)
        target = folder / f"case-{seed}"
        if numbers.random() < 0.6:
            shutil.copytree(template, target, symlinks=True)
        else:
            shutil.copy(single, target)
        mutator = Mutator(numbers, canary)
        for _ in range(numbers.choice((1, 1, 1, 2, 4))):
            mutator.mutate(target)
            if not any(p.is_file() for p in (target, *target.rglob("*"))):
                break
        start = time.perf_counter()
        answer = answer_for(target, seed)
        assert 0 < len(answer) < 1000, f"seed {seed}"
        assert time.perf_counter() - start < SECONDS_FOR_ONE, f"seed {seed}"
        assert not canary.exists(), f"seed {seed} ran code"
        shutil.rmtree(target) if target.is_dir() else target.unlink(missing_ok=True)


def answer_for(target: Path, seed: int) -> str:
    """Return the reason of the refusal, or of the plan for what was accepted."""
    device = DeviceInfo(
        id="cuda:0", kind="cuda", name="", total_bytes=0, free_bytes=0, data_type="float16"
    )
    request = TextToImage(model=ModelRef(id="m"), prompt="x")
    try:
        return plan_load(identify(target), request, device, budget_bytes=2**30).reason
    except StudioError as error:
        return error.message
    except BaseException as error:
        raise AssertionError(f"seed {seed}: {error!r}") from error


@pytest.mark.parametrize("block", range(4))
def test_damaged_models_are_refused_in_words(maker: ModelMaker, tmp_path: Path, block: int) -> None:
    survive(maker, tmp_path, range(block * 100, block * 100 + 100))


@pytest.mark.nightly
@pytest.mark.timeout(1800)
def test_thousands_of_damaged_models_are_refused_in_words(
    maker: ModelMaker, tmp_path: Path
) -> None:
    survive(maker, tmp_path, range(10_000, 16_000))


def test_a_library_over_a_rubbish_heap_lists_the_good_model(
    maker: ModelMaker, tmp_path: Path
) -> None:
    heap = tmp_path / "heap"
    template = maker.small_pipeline(tmp_path / "template")
    canary = tmp_path / "canary"
    for seed in range(60):
        shutil.copytree(template, heap / f"case-{seed}")
        Mutator(random.Random(seed), canary).mutate(heap / f"case-{seed}")
    (heap / "random.safetensors").write_bytes(random.Random(1).randbytes(5000))
    maker.small_pipeline(heap / "good")
    library = ModelLibrary([heap])
    library.refresh()
    assert library.find("good").family == "sd1"
    assert len(library.problems()) > 20
    assert all(error.message for _, error in library.problems())
    assert not canary.exists()
