"""Planning an upscaler: on tiles of which size it works, so that it stays within the memory."""

from __future__ import annotations

from studio.api.plans import (
    DATA_TYPE_BYTES,
    ComponentPlan,
    DataType,
    DeviceInfo,
    LoadPlan,
)
from studio.api.requests import ModelRef, PictureRequest, Precision, Request, Upscale
from studio.core.units import format_bytes, format_share
from studio.models.estimate import FIXED_BYTES, SAFETY_FACTOR, weight_bytes
from studio.models.installed import InstalledModel

TILE_SIDES = (1024, 768, 512, 384, 256, 192, 160)  # px of the input
_ON_A_PROCESSOR = 512  # larger tiles win nothing there


def plan_tiles(
    model: InstalledModel, request: Request, device: DeviceInfo, available: int
) -> LoadPlan:
    """Return the plan with the largest tiles that fit ``available`` bytes.

    A tile takes ``model.working_memory.values_per_token`` values a pixel; on a processor the
    finished picture and one row of tiles in float32 count too, elsewhere they are in other memory.
    """
    precision: Precision = getattr(request, "precision", "auto")
    data_type: DataType = device.data_type if precision == "auto" else precision
    held = sum(weight_bytes(component, data_type) for component in model.components)
    width, height, scale = _input_size(request, model)

    def working(side: int) -> int:
        tile = min(side, width) * min(side, height)
        values = tile * model.working_memory.values_per_token * DATA_TYPE_BYTES[data_type]
        picture = 0
        if device.kind == "cpu":
            picture = width * height * 3 * (1 + scale**2)
            picture += 2 * width * min(side, height) * scale**2 * 3 * 4
        return int((values + picture) * SAFETY_FACTOR) + FIXED_BYTES

    sides = [s for s in TILE_SIDES if device.kind != "cpu" or s <= _ON_A_PROCESSOR]
    side = next((s for s in sides if held + working(s) <= available), sides[-1])
    peak = held + working(side)
    return LoadPlan(
        model=ModelRef(id=model.id, revision=model.revision),
        title=model.title,
        family=model.family,
        layout=model.layout,
        path=model.path,
        device=device.id,
        data_type=data_type,
        placement="whole",
        components=tuple(
            ComponentPlan(
                name=component.name,
                weight_bytes=weight_bytes(component, data_type),
                data_type=data_type,
            )
            for component in model.components
        ),
        weight_bytes=held,
        activation_bytes=working(side),
        peak_bytes=peak,
        budget_bytes=available,
        reason=_reason(device, data_type, side, peak, available, whole=side >= max(width, height)),
        fits=peak <= available,
        native_side=side,
    )


def _input_size(request: Request, model: InstalledModel) -> tuple[int, int, int]:
    """Width and height (px) of what is enlarged, and by how much."""
    if isinstance(request, Upscale):
        return request.picture.width, request.picture.height, request.scale
    size = request.size if isinstance(request, PictureRequest) else (0, 0)
    width, height = size if all(size) else (model.defaults.width, model.defaults.height)
    return width, height, 1


def _reason(
    device: DeviceInfo, data_type: DataType, side: int, peak: int, available: int, *, whole: bool
) -> str:
    place = "the processor" if device.kind == "cpu" else "the GPU"
    if peak > available:
        return (
            f"does not fit: needs {format_bytes(peak)} even in small tiles, "
            f"{format_bytes(available)} may be used; choose a smaller scale or free memory"
        )
    precision = "float32" if data_type == "float32" else "half precision"
    how = "in one piece" if whole else f"in tiles of {side} px"
    return f"{precision} on {place}, {how}, {format_share(peak, available)}"
