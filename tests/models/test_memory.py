"""The plan that is shown before a run: what fits where, and the reason in words."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.api.plans import DATA_TYPE_BYTES, LADDER, DeviceInfo, LoadPlan
from studio.api.requests import ModelRef, TextToImage
from studio.core.units import GB
from studio.models import ComponentWeights, InstalledModel, model_weight_bytes, plan_load

MB = 2**20


def request_for(model: InstalledModel, **changes: object) -> TextToImage:
    defaults = model.defaults
    fields: dict[str, object] = {
        "model": ModelRef(id=model.id),
        "prompt": "a red mushroom",
        "width": defaults.width,
        "height": defaults.height,
        "guidance_scale": defaults.guidance_scale,
    }
    return TextToImage(**(fields | changes))


def plan(
    model: InstalledModel, device: DeviceInfo, gigabytes: float, **changes: object
) -> LoadPlan:
    return plan_load(model, request_for(model, **changes), device, budget_bytes=int(gigabytes * GB))


def with_type(device: DeviceInfo, data_type: str) -> DeviceInfo:
    return msgspec.structs.replace(device, data_type=data_type)


# W whole, w whole with tiled decoding, C one part at a time, G layer by layer, g with tiles.
RUNGS = {
    "W": ("whole", False),
    "w": ("whole", True),
    "C": ("component_offload", False),
    "c": ("component_offload", True),
    "G": ("group_offload", False),
    "g": ("group_offload", True),
}
BUDGETS = (4, 6, 8, 12, 16, 24, 48, 80)


@pytest.mark.parametrize(
    ("family", "data_type", "rungs"),
    [
        # Budgets in GB:              4 6 8 12 16 24 48 80
        ("sd1", "float16", "WWWWWWWW"),
        ("sd2", "float16", "WWWWWWWW"),
        ("sdxl", "float16", "GCwWWWWW"),
        ("sdxl", "bfloat16", "GCwWWWWW"),
        ("sdxl_refiner", "float16", "GCwWWWWW"),
        ("sdxl_refiner", "bfloat16", "GCWWWWWW"),
        ("sd3", "float16", "GGGCCWWW"),
        ("sd3", "bfloat16", "GGGCwWWW"),
        ("flux", "bfloat16", "GGGGGCWW"),
    ],
)
def test_published_models_against_the_usual_cards(
    published: dict[str, InstalledModel],
    gpu: DeviceInfo,
    family: str,
    data_type: str,
    rungs: str,
) -> None:
    found = ""
    for budget in BUDGETS:
        made = plan(published[family], with_type(gpu, data_type), budget)
        assert made.fits
        assert made.peak_bytes <= budget * GB
        found += next(k for k, v in RUNGS.items() if v == (made.placement, made.tiled_decode))
    assert found == rungs


CLIP_L, CLIP_G, T5, VAE_4, VAE_16 = 123_060_480, 694_659_840, 4_762_310_656, 83_653_863, 83_819_683
# T5's output projections (24 layers of 10240 x 4096) stay in float32 in a float16 run.
T5_KEPT = 24 * 10240 * 4096


@pytest.mark.parametrize(
    ("family", "data_type", "expected"),
    [
        ("sd1", "float16", 2 * (CLIP_L + 859_520_964 + VAE_4)),
        ("sd1", "float32", 4 * (CLIP_L + 859_520_964 + VAE_4)),
        ("sdxl", "float16", 2 * (CLIP_L + CLIP_G + 2_567_463_684 + VAE_4)),
        ("sdxl_refiner", "float16", 2 * (CLIP_G + 2_259_526_660 + VAE_4)),
        ("flux", "bfloat16", 2 * (CLIP_L + T5 + 11_891_178_560 + VAE_16)),
        ("flux", "float16", 2 * (CLIP_L + T5 + 11_891_178_560 + VAE_16 + T5_KEPT)),
        ("flux", "float32", 4 * (CLIP_L + T5 + 11_891_178_560 + VAE_16)),
    ],
)
def test_weight_bytes_are_those_of_the_published_parameter_counts(
    published: dict[str, InstalledModel], family: str, data_type: str, expected: int
) -> None:
    assert model_weight_bytes(published[family], data_type) == expected


@pytest.mark.parametrize(
    ("billions", "full", "half"), [(8.3, 30, 15), (175, 651, 325), (0.135, 0, 0), (70, 260, 130)]
)
def test_the_classic_table_of_language_models(billions: float, full: int, half: int) -> None:
    model = InstalledModel(
        id="m",
        title="m",
        family="unknown",
        layout="diffusers",
        path="/m",
        revision="",
        components=(
            ComponentWeights(
                name="model",
                class_name="",
                parameters=round(billions * 1e9),
                stored_bytes=0,
                stored_data_type="bfloat16",
            ),
        ),
    )
    assert model_weight_bytes(model, "float32") // GB == full
    assert model_weight_bytes(model, "bfloat16") // GB == half


def test_the_reason_is_one_calm_line(published: dict[str, InstalledModel], gpu: DeviceInfo) -> None:
    bf16 = with_type(gpu, "bfloat16")
    sdxl, sd1 = published["sdxl"], published["sd1"]
    assert plan(sd1, gpu, 8).reason == "half precision, whole model on the GPU, 2.4 of 8 GB"
    assert (
        plan(sdxl, bf16, 8).reason
        == "half precision, whole model on the GPU, decoded in tiles, 6.9 of 8 GB"
    )
    assert (
        plan(sdxl, bf16, 6).reason == "half precision, one part at a time on the GPU, 5.2 of 6 GB"
    )
    assert (
        plan(sdxl, bf16, 4).reason
        == "half precision, layer by layer (slower) on the GPU, 1.9 of 4 GB"
    )
    assert plan(sd1, gpu, 8, precision="float32").reason.startswith("float32, whole model on")


def test_nothing_fits_and_the_reason_says_what_would(
    published: dict[str, InstalledModel], gpu: DeviceInfo
) -> None:
    made = plan(published["sdxl"], gpu, 0.5, width=2048, height=2048)
    assert not made.fits
    assert made.placement == "group_offload"
    assert made.peak_bytes > made.budget_bytes
    assert made.reason.startswith("does not fit: needs ")
    assert "512 MB may be used" in made.reason
    assert "smaller model" in made.reason

    smaller = plan(published["sd1"], gpu, 0.8, width=1536, height=1024)
    assert not smaller.fits
    assert smaller.reason.endswith("1152 x 768 would fit")
    assert plan(published["sd1"], gpu, 0.8, width=1152, height=768).fits


def test_a_processor_has_one_memory_so_single_layers_are_not_moved(
    published: dict[str, InstalledModel],
) -> None:
    cpu = DeviceInfo(
        id="cpu",
        kind="cpu",
        name="Processor",
        total_bytes=24 * GB,
        free_bytes=21 * GB,
        data_type="float32",
    )
    made = plan(published["sd1"], cpu, 21)
    assert made.reason == "float32 on the processor; 4.8 of 21 GB"
    assert made.components[0].data_type == "float32"
    tight = plan(published["sd1"], cpu, 4)
    assert tight.placement == "component_offload"
    assert tight.reason == "float32 on the processor, one part at a time (slower); 3.5 of 4 GB"
    full = plan(published["sd1"], cpu, 3)
    assert (full.fits, full.placement) == (False, "component_offload")
    assert "of memory even one part at a time, 3 GB may be used" in full.reason


def test_base_and_refiner_share_the_second_text_encoder_and_the_vae(
    published: dict[str, InstalledModel], gpu: DeviceInfo
) -> None:
    base, refiner = published["sdxl"], published["sdxl_refiner"]
    made = plan_load(base, request_for(base), gpu, budget_bytes=24 * GB, companions=(refiner,))
    (beside,) = made.companions
    assert [component.name for component in beside.components] == ["unet"]
    assert beside.weight_bytes == 2 * 2_259_526_660
    assert beside.model.id == refiner.id
    alone = plan_load(base, request_for(base), gpu, budget_bytes=24 * GB)
    assert made.peak_bytes == alone.peak_bytes + beside.weight_bytes
    assert made.reason == "half precision, whole model on the GPU, with the refiner, 14 of 24 GB"


def test_guidance_off_needs_half_the_working_memory_of_the_denoiser(
    published: dict[str, InstalledModel], gpu: DeviceInfo
) -> None:
    model = published["sd1"]
    working = msgspec.structs.replace(model.working_memory, decode_values_per_pixel=1)
    denoiser_bound = msgspec.structs.replace(model, working_memory=working)
    guided = plan(denoiser_bound, gpu, 24, width=1024, height=1024)
    free = plan(denoiser_bound, gpu, 24, width=1024, height=1024, guidance_scale=1.0)
    fixed = 8 * MB
    assert guided.activation_bytes - fixed == pytest.approx(
        2 * (free.activation_bytes - fixed), rel=1e-6
    )


def test_the_estimate_is_what_the_architecture_was_measured_to_need(
    published: dict[str, InstalledModel], gpu: DeviceInfo
) -> None:
    # Bytes of all live tensors at the peak, in MiB (see studio/models/working_memory.py): decoding
    # 1024 x 1024 in float16 takes 1536, in float32 twice that.
    bf16 = with_type(gpu, "bfloat16")
    assert plan(published["sdxl"], bf16, 80).activation_bytes / MB == pytest.approx(1536, rel=0.1)
    upcast = plan(published["sdxl"], gpu, 80).activation_bytes / MB
    assert upcast == pytest.approx(2 * 1536 + 160, rel=0.1)
    for family, batch, width, measured in (
        ("sd1", 2, 1536, 1171),
        ("sdxl", 2, 1536, 710),
        ("sdxl_refiner", 2, 1536, 852),
        ("sd3", 2, 1024, 348),
        ("flux", 1, 1024, 468),
    ):
        model = published[family]
        no_decoder = msgspec.structs.replace(
            model,
            working_memory=msgspec.structs.replace(
                model.working_memory, decode_values_per_pixel=0, encode_values=0
            ),
            components=tuple(c for c in model.components if c.name != "vae"),
        )
        scale = 6.0 if batch == 2 else 0.0
        made = plan(no_decoder, bf16, 80, width=width, height=width, guidance_scale=scale)
        assert made.activation_bytes / MB == pytest.approx(measured, rel=0.1), family


def test_a_measured_peak_replaces_the_estimate(
    published: dict[str, InstalledModel], gpu: DeviceInfo
) -> None:
    model = published["sd1"]
    made = plan_load(
        model,
        request_for(model),
        gpu,
        budget_bytes=8 * GB,
        measured_activation_bytes=3 * GB,
    )
    assert made.activation_bytes == pytest.approx(3 * GB, rel=1e-6)
    assert made.peak_bytes == made.weight_bytes + made.activation_bytes


def test_what_others_hold_is_not_there_to_use(
    published: dict[str, InstalledModel], gpu: DeviceInfo
) -> None:
    model = published["sd1"]
    request = request_for(model)
    free = plan_load(model, request, gpu, budget_bytes=4 * GB)
    tight = plan_load(model, request, gpu, budget_bytes=4 * GB, resident_bytes=2 * GB)
    assert (free.placement, tight.placement) == ("whole", "component_offload")
    assert tight.budget_bytes == 2 * GB
    full = plan_load(model, request, gpu, budget_bytes=4 * GB, resident_bytes=9 * GB)
    assert not full.fits


def test_loras_are_counted(published: dict[str, InstalledModel], gpu: DeviceInfo) -> None:
    model = published["sd1"]
    without = plan_load(model, request_for(model), gpu, budget_bytes=8 * GB)
    made = plan_load(model, request_for(model), gpu, budget_bytes=8 * GB, lora_bytes=300 * MB)
    assert made.peak_bytes == without.peak_bytes + 300 * MB


@pytest.mark.parametrize(
    ("variants", "data_type", "loaded"),
    [
        (("fp16", ""), "float16", "fp16"),
        (("fp16", ""), "float32", ""),
        (("fp16",), "float32", "fp16"),
        (("",), "float16", ""),
        (("fp16", "bf16"), "bfloat16", "bf16"),
    ],
)
def test_the_files_stored_in_the_precision_of_the_run_are_loaded(
    published: dict[str, InstalledModel],
    gpu: DeviceInfo,
    variants: tuple[str, ...],
    data_type: str,
    loaded: str,
) -> None:
    model = msgspec.structs.replace(published["sd1"], variants=variants, variant=variants[0])
    assert plan(model, with_type(gpu, data_type), 24).variant == loaded


def test_the_plan_names_the_exact_model(
    published: dict[str, InstalledModel], gpu: DeviceInfo
) -> None:
    model = published["sd1"]
    made = plan(model, gpu, 8)
    assert made.model == ModelRef(id=model.id, revision=model.revision)
    assert (made.path, made.layout, made.family) == (model.path, "diffusers", "sd1")
    assert made.weight_bytes == sum(component.weight_bytes for component in made.components)


@settings(max_examples=150, deadline=None)
@given(
    family=st.sampled_from(["sd1", "sd2", "sdxl", "sdxl_refiner", "sd3", "flux"]),
    data_type=st.sampled_from(list(DATA_TYPE_BYTES)),
    budget=st.integers(0, 100 * GB),
    more=st.integers(0, 50 * GB),
    width=st.integers(8, 512).map(lambda n: n * 8),
    height=st.integers(8, 512).map(lambda n: n * 8),
)
def test_a_plan_keeps_its_promises(
    published: dict[str, InstalledModel],
    family: str,
    data_type: str,
    budget: int,
    more: int,
    width: int,
    height: int,
) -> None:
    model = published[family]
    device = DeviceInfo(
        id="cuda:0", kind="cuda", name="", total_bytes=0, free_bytes=0, data_type=data_type
    )
    request = request_for(model, width=width, height=height)
    made = plan_load(model, request, device, budget_bytes=budget)
    richer = plan_load(model, request, device, budget_bytes=budget + more)
    assert made.fits == (made.peak_bytes <= budget)
    assert richer.fits or not made.fits
    if made.fits:
        assert LADDER.index(richer.placement) <= LADDER.index(made.placement)
    if made.placement == "whole":
        assert made.peak_bytes == made.weight_bytes + made.activation_bytes
    else:
        assert made.peak_bytes >= made.activation_bytes
    assert not made.sliced_decode
    assert "\n" not in made.reason
    assert len(made.reason) <= 140
    # A plan crosses the pipe to the worker.
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(made), type=LoadPlan) == made
