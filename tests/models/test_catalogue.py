"""The catalogue that ships: complete, consistent, and true to what the studio counts itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from studio.core.errors import DamagedModel
from studio.core.paths import resources_dir
from studio.models.catalogue import CatalogueEntry, load_catalogue
from studio.models.families.pipelines import pipeline_tasks
from studio.models.installed import InstalledModel

CATALOGUE = resources_dir() / "catalogue"


@pytest.fixture(scope="module")
def entries() -> dict[str, CatalogueEntry]:
    return {entry.id: entry for entry in load_catalogue(CATALOGUE)}


def test_the_starter_comes_first_and_the_well_known_models_are_there(
    entries: dict[str, CatalogueEntry],
) -> None:
    assert next(iter(entries)) == "thumbnail"
    assert {
        "sd15",
        "sdxl-base",
        "sdxl-refiner",
        "sdxl-turbo",
        "sd35-medium",
        "flux-schnell",
        "z-image-turbo",
    } <= entries.keys()


def test_every_download_says_what_it_is_whose_it_is_and_where_the_facts_are_from(
    entries: dict[str, CatalogueEntry],
) -> None:
    for entry in entries.values():
        assert entry.summary.endswith("."), entry.id
        assert entry.commercial_use.endswith("."), entry.id
        assert all(other in entries for other in entry.works_with), entry.id
        if entry.repository:
            assert any(entry.repository in source for source in entry.sources), entry.id
            assert all(source.startswith("https://") for source in entry.sources), entry.id
            assert entry.parameters > 1e9, entry.id


@pytest.mark.parametrize(
    ("entry_id", "family"),
    [
        ("sd15", "sd1"),
        ("sdxl-base", "sdxl"),
        ("sdxl-turbo", "sdxl"),
        ("sdxl-refiner", "sdxl_refiner"),
        ("sd35-medium", "sd3"),
        ("flux-schnell", "flux"),
    ],
)
def test_what_is_promised_is_what_is_recognised_after_the_download(
    entries: dict[str, CatalogueEntry],
    published: dict[str, InstalledModel],
    entry_id: str,
    family: str,
) -> None:
    entry, model = entries[entry_id], published[family]
    assert (entry.family, entry.tasks) == (model.family, model.tasks)
    assert {(c.name, c.class_name, c.parameters) for c in entry.components} == {
        (c.name, c.class_name, c.parameters) for c in model.components
    }
    # Stored in half precision: the files are 2 bytes a weight and their headers.
    assert entry.download_bytes == pytest.approx(2 * entry.parameters, rel=0.01)


def test_z_image_is_of_a_pipeline_that_the_studio_runs(entries: dict[str, CatalogueEntry]) -> None:
    assert entries["z-image-turbo"].tasks == pipeline_tasks("ZImagePipeline")


@pytest.mark.parametrize(
    "text",
    [
        "[[models]]\nid = 'x'",
        "models = 3",
        "not toml at all [",
        "[[models]]\nid='a'\ntitle='t'\nrepository='no slash'\nfamily='sd1'\ntasks=['x']\n"
        "summary='s'\nlicence='l'\ncommercial_use='c'\nsources=['s']",
    ],
)
def test_a_wrong_catalogue_is_refused_by_name(tmp_path: Path, text: str) -> None:
    (tmp_path / "mine.toml").write_text(text)
    with pytest.raises(DamagedModel, match=r"mine\.toml is not valid"):
        load_catalogue(tmp_path)


def test_an_id_is_used_once(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_bytes((CATALOGUE / "pictures.toml").read_bytes())
    (tmp_path / "b.toml").write_bytes((CATALOGUE / "pictures.toml").read_bytes())
    with pytest.raises(DamagedModel, match="'thumbnail' twice"):
        load_catalogue(tmp_path)


# Published configurations, for counting without a download: class, hidden size, layers, heads,
# key heads, head size, inner size, vocabulary, tied output.
LANGUAGE = {
    "smollm2-1.7b": ("Llama", 2048, 24, 32, 32, 64, 8192, 49152, True),
    "qwen25-1.5b": ("Qwen2", 1536, 28, 12, 2, 128, 8960, 151936, True),
    "llama-3.2-1b": ("Llama", 2048, 16, 32, 8, 64, 8192, 128256, True),
    "gemma-2-2b": ("Gemma2", 2304, 26, 8, 4, 256, 9216, 256000, True),
    "llama-3.2-3b": ("Llama", 3072, 28, 24, 8, 128, 8192, 128256, True),
    "qwen3-4b": ("Qwen3", 2560, 36, 32, 8, 128, 9728, 151936, True),
    "mistral-7b": ("Mistral", 4096, 32, 32, 8, 128, 14336, 32768, False),
    "qwen25-7b": ("Qwen2", 3584, 28, 28, 4, 128, 18944, 152064, False),
    "qwen3-8b": ("Qwen3", 4096, 36, 32, 8, 128, 12288, 151936, False),
}


@pytest.mark.parametrize("entry_id", LANGUAGE)
def test_language_models_have_the_weights_of_their_architecture(
    entries: dict[str, CatalogueEntry], entry_id: str
) -> None:
    import torch
    import transformers

    kind, hidden, layers, heads, key_heads, size, inner, vocabulary, tied = LANGUAGE[entry_id]
    options = {
        "hidden_size": hidden,
        "num_hidden_layers": layers,
        "num_attention_heads": heads,
        "num_key_value_heads": key_heads,
        "intermediate_size": inner,
        "vocab_size": vocabulary,
        "tie_word_embeddings": tied,
    }
    if kind not in ("Qwen2", "Mistral"):
        options["head_dim"] = size
    configuration = getattr(transformers, f"{kind}Config")(**options)
    with torch.device("meta"):
        model = transformers.AutoModelForCausalLM.from_config(configuration)
    entry = entries[entry_id]
    assert entry.parameters == model.num_parameters()
    assert entry.components[0].class_name == type(model).__name__
    assert entry.language is not None
    assert entry.language.cache_values_per_token == 2 * layers * key_heads * size
    assert entry.download_bytes == pytest.approx(2 * entry.parameters, rel=0.01)


def test_the_small_starter_is_told_as_what_it_is(entries: dict[str, CatalogueEntry]) -> None:
    from studio.models.packaged import STARTER_LANGUAGE_MODEL

    entry = entries[STARTER_LANGUAGE_MODEL]
    assert "plain little model" in entry.summary
    assert entry.parameters == 134_515_008
