"""The fields that several kinds of requests share: their limits, and how a form shows them.

``Meta.extra`` tells a form:

``group``    "main" (always visible), "advanced" (folded) or "hidden" (set by the studio)
``control``  "text", "slider", "number", "seed", "size", "margin", "choice", "list" or "model"
``step``     what one step of a slider or spin box changes
``unit``     what is counted, such as "px"
``auto``     what a form calls the value None: the studio chooses it
"""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from msgspec import Meta

MAX_PROMPT_CHARACTERS = 20_000

Precision = Literal["auto", "float32", "float16", "bfloat16"]

# The names that artists know from other programs; studio.engines.image maps them to schedulers.
Sampler = Literal[
    "Model default",
    "Euler",
    "Euler a",
    "DPM++ 2M",
    "DPM++ 2M Karras",
    "DPM++ 2M SDE",
    "DPM++ 2M SDE Karras",
    "DPM++ SDE",
    "DPM++ SDE Karras",
    "DPM2",
    "DPM2 a",
    "UniPC",
    "DDIM",
    "DEIS",
    "Heun",
    "LMS",
    "PLMS",
    "LCM",
    "TCD",
]
SAMPLERS: tuple[str, ...] = get_args(Sampler)

Prompt = Annotated[
    str,
    Meta(
        max_length=MAX_PROMPT_CHARACTERS,
        title="Prompt",
        description="What the picture shows. (word:1.3) gives a word more weight.",
        extra={"group": "main", "control": "text"},
    ),
]
NeededPrompt = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=MAX_PROMPT_CHARACTERS,
        title="Prompt",
        description="What the picture shows. (word:1.3) gives a word more weight.",
        extra={"group": "main", "control": "text"},
    ),
]
NegativePrompt = Annotated[
    str,
    Meta(
        max_length=MAX_PROMPT_CHARACTERS,
        title="Avoid",
        description="What the picture must not show.",
        extra={"group": "advanced", "control": "text"},
    ),
]
Width = Annotated[
    int,
    Meta(
        ge=64,
        le=4096,
        multiple_of=8,
        title="Width",
        extra={"group": "main", "control": "size", "step": 8, "unit": "px"},
    ),
]
Height = Annotated[
    int,
    Meta(
        ge=64,
        le=4096,
        multiple_of=8,
        title="Height",
        extra={"group": "main", "control": "size", "step": 8, "unit": "px"},
    ),
]
Steps = Annotated[
    int,
    Meta(
        ge=1,
        le=150,
        title="Steps",
        description="More steps take longer and settle details.",
        extra={"group": "main", "control": "slider", "step": 1},
    ),
]
GuidanceScale = Annotated[
    float,
    Meta(
        ge=0,
        le=30,
        title="Guidance",
        description="How closely the picture follows the prompt.",
        extra={"group": "main", "control": "slider", "step": 0.5},
    ),
]
Strength = Annotated[
    float,
    Meta(
        ge=0.05,
        le=1,
        title="Strength",
        description="How much is made anew: low keeps the picture, 1 keeps nothing of it.",
        extra={"group": "main", "control": "slider", "step": 0.05},
    ),
]
ColourStrength = Annotated[
    float,
    Meta(
        ge=0.05,
        le=1,
        title="Strength",
        description="How strong the colours are.",
        extra={"group": "main", "control": "slider", "step": 0.05},
    ),
]
Seed = Annotated[
    int,
    Meta(
        ge=0,
        le=2**32 - 1,
        title="Seed",
        description="The same seed and settings give the same picture.",
        extra={"group": "advanced", "control": "seed"},
    ),
]
SamplerName = Annotated[
    Sampler,
    Meta(
        title="Sampler",
        description="The method that removes the noise.",
        extra={"group": "advanced", "control": "choice"},
    ),
]
Count = Annotated[
    int,
    Meta(ge=1, le=16, title="Pictures", extra={"group": "advanced", "control": "number"}),
]
ClipSkip = Annotated[
    int,
    Meta(
        ge=0,
        le=4,
        title="CLIP skip",
        description="How many of the text encoder's last layers are left out.",
        extra={"group": "advanced", "control": "number"},
    ),
]
Grow = (
    Annotated[
        int,
        Meta(
            ge=0,
            le=512,
            title="Grow",
            description="By how much the selection is widened before it is filled.",
            extra={"group": "advanced", "control": "number", "unit": "px", "auto": "by size"},
        ),
    ]
    | None
)
Feather = (
    Annotated[
        int,
        Meta(
            ge=0,
            le=512,
            title="Feather",
            description="The width of the soft edge between old and new.",
            extra={"group": "advanced", "control": "number", "unit": "px", "auto": "by size"},
        ),
    ]
    | None
)
Padding = (
    Annotated[
        int,
        Meta(
            ge=0,
            le=2048,
            title="Surroundings",
            description="How much around the selection the model sees.",
            extra={"group": "advanced", "control": "number", "unit": "px", "auto": "by size"},
        ),
    ]
    | None
)
Scale = Annotated[
    Literal[2, 4],
    Meta(
        title="Scale",
        description="How many times as wide and as high the picture becomes.",
        extra={"group": "hidden", "control": "choice"},
    ),
]
Overlap = (
    Annotated[
        int,
        Meta(
            ge=0,
            le=512,
            title="Overlap",
            description="How far the new margin reaches softly under the picture.",
            extra={"group": "advanced", "control": "number", "unit": "px", "auto": "by size"},
        ),
    ]
    | None
)
LeftMargin = Annotated[
    int,
    Meta(
        ge=0,
        le=4096,
        title="Left",
        extra={"group": "main", "control": "margin", "step": 8, "unit": "px"},
    ),
]
TopMargin = Annotated[
    int,
    Meta(
        ge=0,
        le=4096,
        title="Top",
        extra={"group": "main", "control": "margin", "step": 8, "unit": "px"},
    ),
]
RightMargin = Annotated[
    int,
    Meta(
        ge=0,
        le=4096,
        title="Right",
        extra={"group": "main", "control": "margin", "step": 8, "unit": "px"},
    ),
]
BottomMargin = Annotated[
    int,
    Meta(
        ge=0,
        le=4096,
        title="Bottom",
        extra={"group": "main", "control": "margin", "step": 8, "unit": "px"},
    ),
]
