"""Long and weighted prompts for models with CLIP text encoders, through the library compel.

CLIP reads 77 tokens. compel encodes a longer prompt in chunks of 77 (split between sentences where
it can) and puts the encodings side by side; a weight above 1 moves a fragment's encoding away from
that of the empty prompt, one below 1 blends towards the prompt without the fragment. Its own prompt
syntax is not used: fragments come from ``parse_weights``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from studio.engines.image.prompt_weights import Fragment, is_weighted, parse_weights, plain_text

if TYPE_CHECKING:
    import torch

    from studio.engines.image.encodings import EncodingCache

# Pipelines whose encode_prompt is: CLIP, then (for XL) a second CLIP with a pooled output.
_ONE_ENCODER = ("StableDiffusionPipeline",)
_TWO_ENCODERS = ("StableDiffusionXLPipeline", "StableDiffusionXLImg2ImgPipeline")


def needs_weighted_encoding(pipeline: Any, prompt: str, negative_prompt: str) -> bool:
    """Say whether the pipeline's own encoding would ignore weights or cut the prompt off.

    False for pipelines with other text encoders: T5 and language models read long prompts, and
    brackets are ordinary text to them.
    """
    if type(pipeline).__name__ not in _ONE_ENCODER + _TWO_ENCODERS:
        return False
    tokenizer = getattr(pipeline, "tokenizer", None) or pipeline.tokenizer_2
    return any(
        is_weighted(text) or len(tokenizer(text)["input_ids"]) > tokenizer.model_max_length
        for text in (prompt, negative_prompt)
    )


def encode_weighted(
    pipeline: Any,
    kept: EncodingCache,
    prompt: str,
    negative_prompt: str,
    *,
    clip_skip: int,
    guided: bool,
) -> dict[str, torch.Tensor]:
    """Return the call arguments that stand for the two prompts.

    Args:
        pipeline: one for which ``needs_weighted_encoding`` answered True.
        kept: where encodings are remembered.
        prompt: what the picture shows, in the weight syntax, as is ``negative_prompt``.
        clip_skip: last layers of the text encoder to leave out; as in diffusers it does not touch
            the negative prompt.
        guided: False leaves the negative prompt out.

    Returns:
        ``prompt_embeds`` of shape (1, 77 x chunks, width) and, when guided,
        ``negative_prompt_embeds`` padded to the same length; for two encoders also the pooled ones.
    """
    parts = ("weighted", id(pipeline), prompt, negative_prompt, clip_skip, guided)
    encoded: dict[str, torch.Tensor] = kept.remember(
        parts, lambda: _encode(pipeline, prompt, negative_prompt, clip_skip, guided)
    )
    return encoded


def _encode(
    pipeline: Any, prompt: str, negative_prompt: str, clip_skip: int, guided: bool
) -> dict[str, torch.Tensor]:
    import torch

    with torch.no_grad():
        positive, pooled = _encode_one(pipeline, prompt, clip_skip)
        encoded = {"prompt_embeds": positive}
        if pooled is not None:
            encoded["pooled_prompt_embeds"] = pooled
        if guided:
            negative, negative_pooled = _encode_one(pipeline, negative_prompt, 0)
            if not negative_prompt and pipeline.config.get("force_zeros_for_empty_prompt"):
                negative = torch.zeros_like(positive)
                negative_pooled = torch.zeros_like(pooled) if pooled is not None else None
            empty, _ = _encode_one(pipeline, "", 0)
            encoded["prompt_embeds"] = _padded(positive, negative.shape[1], empty)
            encoded["negative_prompt_embeds"] = _padded(negative, positive.shape[1], empty)
            if negative_pooled is not None:
                encoded["negative_pooled_prompt_embeds"] = negative_pooled
    return encoded


def _padded(encoding: torch.Tensor, length: int, empty: torch.Tensor) -> torch.Tensor:
    """Append encodings of the empty prompt until there are ``length`` tokens."""
    import torch

    missing = max(0, length - encoding.shape[1]) // empty.shape[1]
    return torch.cat([encoding, *([empty] * missing)], dim=1)


def _encode_one(
    pipeline: Any, prompt: str, clip_skip: int
) -> tuple[torch.Tensor, torch.Tensor | None]:
    """Return (1, tokens, width), and for two encoders the pooled (1, width) of the plain text."""
    import torch

    fragments = parse_weights(prompt)
    device = pipeline._execution_device
    if type(pipeline).__name__ in _ONE_ENCODER:
        encoder = _chunked(pipeline.tokenizer, pipeline.text_encoder, clip_skip, device, xl=False)
        return _encoding(encoder, fragments), None
    encodings = []
    pooled = None
    for tokenizer, model in (
        (pipeline.tokenizer, pipeline.text_encoder),
        (pipeline.tokenizer_2, pipeline.text_encoder_2),
    ):
        if model is not None:
            encoder = _chunked(tokenizer, model, clip_skip, device, xl=True)
            encodings.append(_encoding(encoder, fragments))
            if model is pipeline.text_encoder_2:
                provider = encoder.conditioning_provider
                pooled = provider.get_pooled_embeddings([plain_text(prompt)], device=device)
    return torch.cat(encodings, dim=-1), pooled


def _encoding(encoder: Any, fragments: list[Fragment]) -> torch.Tensor:
    from compel.prompt_parser import Conjunction, FlattenedPrompt

    pairs = [(part.text, part.weight) for part in fragments] or [("", 1.0)]
    conjunction = Conjunction([FlattenedPrompt(pairs)])
    encoding, _ = encoder.build_conditioning_tensor_for_conjunction(conjunction)
    return encoding  # type: ignore[no-any-return]


def _chunked(tokenizer: Any, model: Any, clip_skip: int, device: Any, *, xl: bool) -> Any:
    """Return a compel encoder that takes the same layer as diffusers' own encode_prompt."""
    from compel import Compel, ReturnedEmbeddingsType

    layer = (
        ReturnedEmbeddingsType.PENULTIMATE_HIDDEN_STATES_NON_NORMALIZED
        if xl
        else ReturnedEmbeddingsType.LAST_HIDDEN_STATES_NORMALIZED
    )
    encoder = Compel(
        tokenizer=tokenizer,
        text_encoder=model,
        truncate_long_prompts=False,
        returned_embeddings_type=layer,
        device=device,
    )
    provider = encoder.conditioning_provider

    def encode(token_ids: torch.Tensor, attention_mask: torch.Tensor | None = None) -> Any:
        # compel knows two layers; diffusers' clip_skip any.
        output = model(
            token_ids.to(device),
            attention_mask=attention_mask,
            output_hidden_states=True,
            return_dict=True,
        )
        if xl:
            return output.hidden_states[-(clip_skip + 2)]
        if clip_skip == 0:
            return output.last_hidden_state
        return model.text_model.final_layer_norm(output.hidden_states[-(clip_skip + 1)])

    provider._encode_token_ids_to_embeddings = encode
    return encoder
