"""The estimate of working memory against the real architectures, operation by operation.

torch's meta device runs every operation on shapes alone, so whole published models take no memory;
what is added up is the bytes of all tensors that are alive at the same time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from studio.models.safetensors_header import TensorInfo
from studio.models.working_memory import (
    decode_values,
    transformer_values,
    unet_values,
)


@pytest.fixture
def peak_values(monkeypatch: pytest.MonkeyPatch) -> Callable[..., float]:
    """Return a function that runs a model and returns the peak, in numbers of float16 values."""
    import torch
    from torch.multiprocessing.reductions import StorageWeakRef
    from torch.utils._python_dispatch import TorchDispatchMode
    from torch.utils._pytree import tree_leaves

    def fused(query: Any, key: Any, value: Any, *_: Any, **__: Any) -> Any:
        """Attention as the fused kernels do it: its output and no matrix of scores."""
        return torch.empty(
            *query.shape[:-1], value.shape[-1], dtype=query.dtype, device=query.device
        )

    monkeypatch.setattr(torch.nn.functional, "scaled_dot_product_attention", fused)

    class Watch(TorchDispatchMode):
        def __init__(self, weights: set[int]) -> None:
            super().__init__()
            self.weights = weights
            self.alive: dict[int, tuple[Any, int]] = {}
            self.peak = 0

        def __torch_dispatch__(
            self, operation: Any, types: Any, args: Any = (), kwargs: Any = None
        ) -> Any:
            result = operation(*args, **(kwargs or {}))
            self.alive = {k: v for k, v in self.alive.items() if not v[0].expired()}
            for tensor in tree_leaves(result):
                if isinstance(tensor, torch.Tensor):
                    storage = tensor.untyped_storage()
                    if storage._cdata not in self.weights:
                        self.alive[storage._cdata] = (StorageWeakRef(storage), storage.nbytes())
            self.peak = max(self.peak, sum(size for _, size in self.alive.values()))
            return result

    def measure(build: Callable[[], Any], run: Callable[[Any, Callable[..., Any]], Any]) -> float:
        with torch.device("meta"):
            model = build().half().eval()
        weights = {t.untyped_storage()._cdata for t in (*model.parameters(), *model.buffers())}

        def empty(*shape: int) -> Any:
            return torch.empty(*shape, dtype=torch.float16, device="meta")

        with torch.no_grad(), Watch(weights) as watch:
            run(model, empty)
        return watch.peak / 2

    return measure


@pytest.mark.parametrize("side", [512, 1024])
@pytest.mark.parametrize(
    ("widths", "attention"), [((320, 640, 1280, 1280), True), ((320, 640, 1280), False)]
)
def test_unets(
    peak_values: Callable[..., float], side: int, widths: tuple[int, ...], attention: bool
) -> None:
    from diffusers import UNet2DConditionModel

    down = ["CrossAttnDownBlock2D"] * len(widths)
    up = ["CrossAttnUpBlock2D"] * len(widths)
    if attention:
        down[-1], up[0] = "DownBlock2D", "UpBlock2D"
    else:
        down[0], up[-1] = "DownBlock2D", "UpBlock2D"
    latent = side // 8

    def run(model: Any, empty: Callable[..., Any]) -> None:
        model(empty(2, 4, latent, latent), empty(2), empty(2, 77, 768))

    measured = peak_values(
        lambda: UNet2DConditionModel(
            block_out_channels=widths,
            down_block_types=down,
            up_block_types=up,
            cross_attention_dim=768,
            attention_head_dim=8,
        ),
        run,
    )
    estimated = unet_values(widths[0], top_attention=attention) * latent**2 * 2
    assert estimated == pytest.approx(measured, rel=0.03)


@pytest.mark.parametrize("widths", [(128, 256, 512, 512), (16, 32, 64, 96)])
def test_decoding(peak_values: Callable[..., float], widths: tuple[int, ...]) -> None:
    from diffusers import AutoencoderKL

    def build() -> Any:
        return AutoencoderKL(
            block_out_channels=widths,
            norm_num_groups=8,
            down_block_types=("DownEncoderBlock2D",) * 4,
            up_block_types=("UpDecoderBlock2D",) * 4,
            layers_per_block=2,
        )

    measured = peak_values(build, lambda model, empty: model.decode(empty(1, 4, 64, 64)))
    described = {
        name: TensorInfo("F16", tuple(value.shape), (0, 0))
        for name, value in build().state_dict().items()
    }
    assert decode_values(described) * 512**2 == pytest.approx(measured, rel=0.03)


@pytest.mark.parametrize("side", [512, 1024])
def test_flux(peak_values: Callable[..., float], side: int) -> None:
    from diffusers import FluxTransformer2DModel

    tokens, text = (side // 16) ** 2, 512

    def run(model: Any, empty: Callable[..., Any]) -> None:
        model(
            empty(1, tokens, 64),
            encoder_hidden_states=empty(1, text, 4096),
            pooled_projections=empty(1, 768),
            timestep=empty(1),
            guidance=empty(1),
            img_ids=empty(tokens, 3),
            txt_ids=empty(text, 3),
        )

    # The blocks run one after another: two of each kind have the peak of all 19 and 38.
    measured = peak_values(
        lambda: FluxTransformer2DModel(num_layers=2, num_single_layers=2, guidance_embeds=True), run
    )
    estimated = transformer_values("flux", 3072) * (tokens + text)
    assert estimated == pytest.approx(measured, rel=0.05)


@pytest.mark.parametrize("side", [512, 1024])
def test_stable_diffusion_3(peak_values: Callable[..., float], side: int) -> None:
    from diffusers import SD3Transformer2DModel

    latent, text = side // 8, 333

    def run(model: Any, empty: Callable[..., Any]) -> None:
        model(
            empty(2, 16, latent, latent),
            encoder_hidden_states=empty(2, text, 4096),
            pooled_projections=empty(2, 2048),
            timestep=empty(2),
        )

    measured = peak_values(
        lambda: SD3Transformer2DModel(
            sample_size=128,
            num_layers=3,
            num_attention_heads=24,
            caption_projection_dim=1536,
            pos_embed_max_size=192,
            dual_attention_layers=(0, 1),
            qk_norm="rms_norm",
            in_channels=16,
            out_channels=16,
            joint_attention_dim=4096,
            pooled_projection_dim=2048,
        ),
        run,
    )
    estimated = transformer_values("sd3", 1536) * ((side // 16) ** 2 + text) * 2
    # Short of text the estimate stays on the safe side.
    assert measured <= estimated * 1.03
    assert estimated <= measured * 1.2
