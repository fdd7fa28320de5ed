"""What stays in memory, what makes room, and what is counted."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pytest

from studio.api.requests import ModelRef, RefinerUse
from studio.engines.residency import Residency
from tests.engines.conftest import Models, Studio
from tests.engines.recorder import Recorder, make_plan


class Weights:
    """A loaded model of a given size, without anything in it."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.released = False

    def held_bytes(self) -> int:
        return 0 if self.released else self.size

    def release(self) -> None:
        self.released = True


class Shelf:
    """A residency with models of 100 bytes each, and what was loaded."""

    def __init__(self, folder: Path) -> None:
        self.residency = Residency()
        self.folder = folder
        self.loads: list[str] = []

    def plan(self, name: str, **changes: object):  # type: ignore[no-untyped-def]
        path = self.folder / name
        path.mkdir(exist_ok=True)
        options = {"peak_bytes": 100, "weight_bytes": 100, "budget_bytes": 250}
        return make_plan(path, **(options | changes))

    def use(self, name: str, **changes: object) -> Weights:
        def load(plan: object, run: object) -> Weights:
            self.loads.append(name)
            return Weights(100)

        with self.residency.hold(self.plan(name, **changes), Recorder(self.folder), load) as held:
            return held

    def names(self) -> list[str]:
        return [model.title for model in self.residency.resident()]


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path)


def test_a_model_is_loaded_once(shelf: Shelf) -> None:
    assert shelf.use("a") is shelf.use("a")
    assert shelf.loads == ["a"]
    assert shelf.residency.resident()[0].load_count == 1


def test_the_least_recently_used_makes_room(shelf: Shelf) -> None:
    first = shelf.use("a")
    shelf.use("b")
    shelf.use("a")
    shelf.use("c")
    assert shelf.names() == ["c", "a"]
    assert not first.released


def test_a_held_model_never_goes(shelf: Shelf) -> None:
    held = Weights(100)
    run = Recorder(shelf.folder)
    with shelf.residency.hold(shelf.plan("held"), run, lambda plan, run: held):
        shelf.use("b")
        shelf.use("c")
        shelf.residency.free()
        assert shelf.names() == ["held"]
        assert not held.released
    shelf.residency.free()
    assert shelf.names() == []
    assert held.released


def test_another_precision_of_the_same_files_replaces_the_first(shelf: Shelf) -> None:
    shelf.use("a", budget_bytes=10_000)
    shelf.use("a", budget_bytes=10_000, data_type="float16")
    assert [model.data_type for model in shelf.residency.resident()] == ["float16"]
    assert shelf.residency.resident()[0].load_count == 2


def test_a_failed_load_keeps_nothing(shelf: Shelf) -> None:
    def fail(plan: object, run: object) -> Weights:
        raise OSError("no")

    run = Recorder(shelf.folder)
    with pytest.raises(OSError, match="no"), shelf.residency.hold(shelf.plan("a"), run, fail):
        pass
    assert shelf.names() == []
    shelf.use("a")
    assert shelf.names() == ["a"]


def test_only_the_prompt_changed_nothing_is_loaded(studio: Studio, models: Models) -> None:
    studio.run(models.sd)
    run, _ = studio.run(models.sd, prompt="a dog", steps=2, width=72)
    assert run.loadings == []
    assert studio.engine.residency.load_count(str(models.sd)) == 1


def test_weights_in_memory_are_counted_and_freed(studio: Studio, models: Models) -> None:
    studio.run(models.sd)
    [model] = studio.engine.resident()
    stored = sum(path.stat().st_size for path in models.sd.rglob("*.safetensors"))
    assert stored * 0.9 < model.weight_bytes <= stored
    assert model.idle_seconds >= 0
    studio.engine.free()
    assert studio.engine.resident() == []


def test_two_models_take_turns_in_a_small_budget(studio: Studio, models: Models) -> None:
    plans = [make_plan(folder) for folder in (models.sd, models.sdxl)]
    plans = [msgspec.structs.replace(plan, budget_bytes=plan.peak_bytes + 1000) for plan in plans]
    first = studio.pixels(plans[0])
    studio.pixels(plans[1])
    assert [model.title for model in studio.engine.resident()] == [models.sdxl.name]
    assert np.array_equal(studio.pixels(plans[0]), first)
    assert studio.engine.resident()[0].load_count == 2


def test_the_refiner_is_loaded_once_and_beside_its_base(studio: Studio, models: Models) -> None:
    plan = make_plan(models.sdxl)
    together = msgspec.structs.replace(plan, companions=(make_plan(models.refiner),))
    use = RefinerUse(model=ModelRef(id="refiner"), switch_at=0.5)
    studio.run(plan)
    alone = studio.engine.resident()[0].weight_bytes
    run, _ = studio.run(together, refiner=use)
    assert [what for _, what in run.loadings] == ["unet", models.refiner.name]
    again, _ = studio.run(together, refiner=use, seed=9)
    assert again.loadings == []
    assert alone < studio.engine.resident()[0].weight_bytes < 2 * alone


def test_loading_tells_what_and_how_far(studio: Studio, models: Models) -> None:
    run, _ = studio.run(models.sdxl)
    fractions = [fraction for fraction, _ in run.loadings]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    assert {"text_encoder", "unet", "vae"} <= {what for _, what in run.loadings}
