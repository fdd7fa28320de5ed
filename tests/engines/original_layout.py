"""Writes a Stable Diffusion folder as one file with the tensor names of the original code."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

_RESNET = {
    "norm1": "in_layers.0",
    "conv1": "in_layers.2",
    "norm2": "out_layers.0",
    "conv2": "out_layers.3",
    "time_emb_proj": "emb_layers.1",
    "conv_shortcut": "skip_connection",
}
_DENOISER = {
    "time_embedding.linear_1": "time_embed.0",
    "time_embedding.linear_2": "time_embed.2",
    "conv_in": "input_blocks.0.0",
    "conv_norm_out": "out.0",
    "conv_out": "out.2",
}
_ATTENTION = {
    "group_norm": "norm",
    "to_q": "q",
    "to_k": "k",
    "to_v": "v",
    "to_out.0": "proj_out",
}


def save_single_file(folder: Path, path: Path, *, layers: int = 1) -> Path:
    """Write ``folder`` as ``path``, and its configs beside it, as its shapes are not well known.

    Args:
        folder: a Stable Diffusion pipeline whose first up block has no attention.
        path: the file to write.
        layers: ``layers_per_block`` of its denoiser.

    Returns:
        ``path``.
    """
    from safetensors.torch import load_file, save_file

    denoiser = load_file(folder / "unet/diffusion_pytorch_model.safetensors")
    decoder = load_file(folder / "vae/diffusion_pytorch_model.safetensors")
    encoder = load_file(folder / "text_encoder/model.safetensors")
    tensors = {f"model.diffusion_model.{_denoiser(n, layers)}": t for n, t in denoiser.items()}
    for name, tensor in decoder.items():
        tensors[f"first_stage_model.{_decoder(name)}"] = _as_convolution(name, tensor)
    for name, tensor in encoder.items():
        name = name.removeprefix("text_model.")
        tensors[f"cond_stage_model.transformer.text_model.{name}"] = tensor
    save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, path)
    shutil.copytree(folder, path.with_suffix(""), ignore=shutil.ignore_patterns("*.safetensors"))
    return path


def _denoiser(name: str, layers: int) -> str:
    for ours, theirs in _DENOISER.items():
        if name.startswith(f"{ours}."):
            return name.replace(ours, theirs, 1)
    parts = name.split(".")
    if parts[0] == "mid_block":
        position = {"resnets0": 0, "attentions0": 1, "resnets1": 2}[parts[1] + parts[2]]
        return f"middle_block.{position}.{_inner(parts[1], parts[3:])}"
    block, kind, layer = int(parts[1]), parts[2], int(parts[3])
    first = block * (layers + 1)
    if parts[0] == "down_blocks":
        if kind == "downsamplers":
            return f"input_blocks.{1 + first + layers}.0.op.{parts[-1]}"
        return f"input_blocks.{1 + first + layer}.{_slot(kind)}.{_inner(kind, parts[4:])}"
    if kind == "upsamplers":
        # It stands behind the attention, where the block has one.
        slot = 1 if block == 0 else 2
        return f"output_blocks.{first + layers}.{slot}.conv.{parts[-1]}"
    return f"output_blocks.{first + layer}.{_slot(kind)}.{_inner(kind, parts[4:])}"


def _slot(kind: str) -> int:
    return 0 if kind == "resnets" else 1


def _inner(kind: str, rest: list[str]) -> str:
    if kind != "resnets":
        return ".".join(rest)
    return f"{_RESNET[rest[0]]}.{rest[1]}"


def _decoder(name: str, blocks: int = 4) -> str:
    name = name.replace("conv_norm_out", "norm_out").replace("conv_shortcut", "nin_shortcut")
    parts = name.split(".")
    if parts[1] == "mid_block":
        if parts[2] == "resnets":
            return ".".join([parts[0], "mid", f"block_{int(parts[3]) + 1}", *parts[4:]])
        inner = ".".join(parts[4:-1])
        return f"{parts[0]}.mid.attn_1.{_ATTENTION[inner]}.{parts[-1]}"
    if parts[1] not in ("down_blocks", "up_blocks"):
        return name
    up = parts[1] == "up_blocks"
    block = blocks - 1 - int(parts[2]) if up else int(parts[2])
    place = f"{parts[0]}.{'up' if up else 'down'}.{block}"
    if parts[3] == "resnets":
        return ".".join([place, "block", *parts[4:]])
    return f"{place}.{'upsample' if up else 'downsample'}.conv.{parts[-1]}"


def _as_convolution(name: str, tensor: Any) -> Any:
    """The original decoder's attention is made of 1 x 1 convolutions."""
    linear = "attentions" in name and name.endswith("weight") and tensor.ndim == 2
    return tensor[:, :, None, None] if linear else tensor
