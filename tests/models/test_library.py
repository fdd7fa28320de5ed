"""What is installed, found quickly, named as people name it, and read again only when changed."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from studio.core.errors import DamagedModel, NotAMatch, UnknownModel, UntrustedModel
from studio.models import ModelLibrary, default_hub_cache
from studio.models import identify as identify_module
from studio.models.library import Scan

if TYPE_CHECKING:
    from conftest import ModelMaker

XL_LIKE = {
    "model.diffusion_model.input_blocks.0.0.weight": [320, 4, 3, 3],
    "model.diffusion_model.input_blocks.4.1.transformer_blocks.0.attn2.to_k.weight": [640, 2048],
}


@pytest.fixture
def folders(maker: ModelMaker, tmp_path: Path) -> dict[str, Path]:
    """A bundled model, the artist's own folder, and a Hugging Face cache."""
    bundled, mine, hub = tmp_path / "starter", tmp_path / "models", tmp_path / "hub"
    maker.json(maker.small_pipeline(bundled / "thumbnail") / "atelier.json", {"title": "Thumbnail"})
    maker.small_pipeline(mine / "Meadow Dreams")
    maker.small_pipeline(mine / "meadow-lines")
    maker.checkpoint(mine / "styles" / "ink.safetensors", {"x.lora_down.weight": [4, 4]})
    repository = hub / "models--somebody--small-xl"
    maker.small_pipeline(repository / "snapshots" / "aaa")
    maker.small_pipeline(repository / "snapshots" / "bbb")
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text("aaa")
    maker.json(hub / "models--somebody--language" / "snapshots" / "c" / "config.json", {})
    return {"bundled": bundled, "mine": mine, "hub": hub}


@pytest.fixture
def library(folders: dict[str, Path]) -> ModelLibrary:
    return ModelLibrary([folders["mine"]], hub_cache=folders["hub"], bundled=folders["bundled"])


def test_everything_installed_is_listed_the_bundled_model_first(library: ModelLibrary) -> None:
    library.refresh()
    assert [(model.id, model.title, model.bundled) for model in library.models()] == [
        ("thumbnail", "Thumbnail", True),
        ("styles/ink.safetensors", "ink", False),
        ("Meadow Dreams", "Meadow Dreams", False),
        ("meadow-lines", "meadow-lines", False),
        ("hub:somebody/small-xl", "small-xl", False),
    ]
    assert [model.id for model in library.models("text_to_image")] == [
        "thumbnail",
        "Meadow Dreams",
        "meadow-lines",
        "hub:somebody/small-xl",
    ]
    assert library.models("generate_music") == []
    assert library.problems() == []


def test_the_hub_snapshot_that_main_points_to_is_taken(library: ModelLibrary) -> None:
    assert library.find("hub:somebody/small-xl").path.endswith("/snapshots/aaa")


def test_before_the_first_scan_the_bundled_models_are_there(library: ModelLibrary) -> None:
    assert [model.id for model in library.models()] == ["thumbnail"]


def test_the_first_look_takes_less_than_50_ms(maker: ModelMaker, tmp_path: Path) -> None:
    # As large as real ones are: 686 + 248 + 196 tensors. Processor time: the machine may be busy.
    maker.pipeline(tmp_path / "starter" / "thumbnail", "sd1")
    ModelLibrary([], bundled=tmp_path / "starter").models()
    library = ModelLibrary([], bundled=tmp_path / "starter")
    start = time.process_time()
    assert len(library.models()) == 1
    assert time.process_time() - start < 0.05


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("thumbnail", "thumbnail"),
        ("THUMBNAIL", "thumbnail"),
        ("thumb", "thumbnail"),
        ("starter-image", "thumbnail"),
        ("Starter", "thumbnail"),
        ("hub:somebody/small-xl", "hub:somebody/small-xl"),
        ("small-xl", "hub:somebody/small-xl"),
        ("Small-XL", "hub:somebody/small-xl"),
        ("meadow d", "Meadow Dreams"),
        ("  meadow-lines ", "meadow-lines"),
        ("ink", "styles/ink.safetensors"),
    ],
)
def test_a_model_is_found_as_people_name_it(library: ModelLibrary, name: str, found: str) -> None:
    assert library.find(name).id == found


def test_a_model_of_the_artists_own_keeps_a_name_that_a_bundled_one_once_had(
    library: ModelLibrary, maker: ModelMaker, folders: dict[str, Path]
) -> None:
    maker.small_pipeline(folders["mine"] / "starter-image")
    library.refresh()
    assert library.find("starter-image").path == str(folders["mine"] / "starter-image")


@pytest.mark.parametrize(
    ("name", "hinted"),
    [
        ("meadow", "Did you mean Meadow Dreams or meadow-lines?"),
        ("medow-lines", "meadow-lines"),
        ("smallxl", "hub:somebody/small-xl"),
        ("zzz", "Installed: Meadow Dreams"),
        ("", "Installed: Meadow Dreams"),
        ("x" * 100_000, "Installed: Meadow Dreams"),
        ("a\0b", "Installed: Meadow Dreams"),
    ],
)
def test_an_unknown_name_gets_the_names_that_come_close(
    library: ModelLibrary, name: str, hinted: str
) -> None:
    library.refresh()
    with pytest.raises(UnknownModel) as caught:
        library.find(name)
    assert hinted in caught.value.hint
    assert len(caught.value.message) < 300


def test_with_nothing_installed_the_hint_says_what_to_do() -> None:
    with pytest.raises(UnknownModel) as caught:
        ModelLibrary([]).find("sdxl")
    assert "models folder" in caught.value.hint


def test_a_path_works_as_a_name(
    library: ModelLibrary, maker: ModelMaker, tmp_path: Path, folders: dict[str, Path]
) -> None:
    elsewhere = maker.small_pipeline(tmp_path / "elsewhere")
    model = library.find(str(elsewhere))
    assert (model.id, model.title) == (str(elsewhere), "elsewhere")
    library.refresh()
    assert library.find(str(folders["mine"] / "meadow-lines")).id == "meadow-lines"


def test_what_is_wrong_with_a_path_is_said(library: ModelLibrary, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "old.ckpt").write_bytes(pickle.dumps({"state_dict": 1}))
    (tmp_path / "cut.safetensors").write_bytes((500).to_bytes(8, "little") + b'{"a":')
    for name, error in (
        ("missing", UnknownModel),
        ("empty", NotAMatch),
        ("old.ckpt", UntrustedModel),
        ("cut.safetensors", DamagedModel),
    ):
        with pytest.raises(error):
            library.find(str(tmp_path / name))


def test_a_damaged_model_of_that_name_is_not_called_unknown(
    library: ModelLibrary, folders: dict[str, Path]
) -> None:
    (folders["mine"] / "meadow-lines" / "unet" / "config.json").unlink()
    (folders["mine"] / "old.ckpt").write_bytes(pickle.dumps([1]))
    library.refresh()
    assert {path.name: type(error) for path, error in library.problems()} == {
        "meadow-lines": DamagedModel,
        "old.ckpt": UntrustedModel,
    }
    with pytest.raises(DamagedModel, match=r"unet/config\.json is missing"):
        library.find("meadow-lines")
    with pytest.raises(UntrustedModel):
        library.find("old")


def test_a_new_a_changed_and_a_removed_model_are_noticed(
    library: ModelLibrary, maker: ModelMaker, folders: dict[str, Path]
) -> None:
    told: list[int] = []
    library.changed.connect(lambda: told.append(1))
    library.refresh()
    assert len(told) == 1
    library.refresh()
    assert len(told) == 1, "nothing changed"

    maker.checkpoint(folders["mine"] / "new.safetensors", XL_LIKE)
    library.refresh()
    assert len(told) == 2
    assert library.find("new").family == "sdxl"

    before = library.find("meadow-lines").revision
    maker.checkpoint(
        folders["mine"] / "meadow-lines" / "unet" / "diffusion_pytorch_model.safetensors",
        {"conv_in.weight": [64, 4, 3, 3]},
    )
    library.refresh()
    assert library.find("meadow-lines").revision != before

    os.remove(folders["mine"] / "new.safetensors")
    library.refresh()
    with pytest.raises(UnknownModel):
        library.find("new")


def test_what_did_not_change_is_not_read_again(
    library: ModelLibrary, folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    identify = identify_module.identify

    def counted(path: Path, **options: object) -> object:
        read.append(path.name)
        return identify(path, **options)

    monkeypatch.setattr(identify_module, "identify", counted)
    library.refresh()
    assert len(read) == 5
    library.refresh()
    library.models()
    library.find("meadow-lines")
    assert len(read) == 5
    config = folders["mine"] / "meadow-lines" / "vae" / "config.json"
    config.write_text(config.read_text() + " ")
    library.refresh()
    assert read[5:] == ["meadow-lines"]


def test_a_scan_on_a_thread_changes_nothing_until_it_is_adopted(library: ModelLibrary) -> None:
    told: list[int] = []
    library.changed.connect(lambda: told.append(threading.get_ident()))
    found: list[Scan] = []
    thread = threading.Thread(target=lambda: found.append(library.scan()))
    thread.start()
    thread.join(30)
    assert [model.id for model in library.models()] == ["thumbnail"]
    assert told == []
    library.adopt(found[0])
    assert told == [threading.get_ident()]
    assert len(library.models()) == 5


def test_other_folders_are_looked_into_once_they_are_set(
    library: ModelLibrary, maker: ModelMaker, tmp_path: Path
) -> None:
    maker.small_pipeline(tmp_path / "more" / "extra")
    library.set_folders([tmp_path / "more", tmp_path / "not-there"])
    library.refresh()
    ids = {model.id for model in library.models()}
    assert "extra" in ids
    assert "meadow-lines" not in ids


def test_two_models_of_one_name_keep_both(maker: ModelMaker, tmp_path: Path) -> None:
    for name in ("a", "b"):
        maker.small_pipeline(tmp_path / name / "same")
    library = ModelLibrary([tmp_path / "a", tmp_path / "b"])
    library.refresh()
    assert {model.id for model in library.models()} == {"same", str(tmp_path / "b" / "same")}


def test_links_in_a_circle_and_shards_do_not_disturb(maker: ModelMaker, tmp_path: Path) -> None:
    folder = tmp_path / "models"
    maker.small_pipeline(folder / "good")
    (folder / "loop").symlink_to(folder, target_is_directory=True)
    (folder / "gone.safetensors").symlink_to(tmp_path / "nowhere")
    maker.checkpoint(folder / "llm" / "model-00001-of-00002.safetensors", {"a": [1]})
    maker.checkpoint(
        folder / "Depth" / "diffusion_pytorch_model.safetensors",
        {"controlnet_cond_embedding.conv_in.weight": [16, 3, 3, 3]},
    )
    (folder / ".hidden").mkdir()
    maker.checkpoint(folder / ".hidden" / "x.safetensors", {"a": [1]})
    library = ModelLibrary([folder])
    library.refresh()
    assert {(model.title, model.family) for model in library.models()} == {
        ("good", "sd1"),
        ("Depth", "controlnet"),
    }


def test_a_folder_that_may_not_be_read_is_passed_over(maker: ModelMaker, tmp_path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("the superuser may read every folder")
    maker.small_pipeline(tmp_path / "models" / "good")
    closed = tmp_path / "models" / "closed"
    closed.mkdir(mode=0)
    library = ModelLibrary([tmp_path / "models"])
    library.refresh()
    assert [model.title for model in library.models()] == ["good"]


def test_a_hundred_models_are_scanned_quickly(maker: ModelMaker, tmp_path: Path) -> None:
    layout = maker.layout(original_unet_sd1="")
    for number in range(20):
        maker.checkpoint(tmp_path / f"{number}.safetensors", layout)
    for number in range(80):
        maker.small_pipeline(tmp_path / f"folder-{number}")
    library = ModelLibrary([tmp_path])
    start = time.perf_counter()
    library.refresh()
    first = time.perf_counter() - start
    start = time.perf_counter()
    library.refresh()
    again = time.perf_counter() - start
    assert len(library.models()) == 100
    assert first < 10
    assert again < first


def test_the_hugging_face_cache_is_where_its_variables_say(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert default_hub_cache() is None
    for setting, value, place in (
        ("HF_HOME", tmp_path / "hf", tmp_path / "hf" / "hub"),
        ("HF_HUB_CACHE", tmp_path / "direct", tmp_path / "direct"),
    ):
        place.mkdir(parents=True)
        monkeypatch.setenv(setting, str(value))
        assert default_hub_cache() == place


def test_the_room_is_imported_without_the_heavy_libraries() -> None:
    code = (
        "import sys, studio.models.library, studio.models.memory, studio.models.catalogue\n"
        "heavy = {'torch', 'diffusers', 'transformers', 'numpy', 'PIL', 'PySide6', 'yaml'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert run.stdout.strip() == "[]"
