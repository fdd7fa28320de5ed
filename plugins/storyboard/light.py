"""Time of day and weather as colours: sky, sun, what the light does to things, shadows."""

from __future__ import annotations

from msgspec import Struct

Colour = tuple[float, float, float]  # sRGB, 0 .. 1


def rgb(code: str) -> Colour:
    """Return a colour from six hexadecimal digits."""
    return (int(code[0:2], 16) / 255, int(code[2:4], 16) / 255, int(code[4:6], 16) / 255)


def mix(a: Colour, b: Colour, share: float) -> Colour:
    """Return ``a`` with ``share`` (0 .. 1) of ``b`` in it."""
    return (
        a[0] + (b[0] - a[0]) * share,
        a[1] + (b[1] - a[1]) * share,
        a[2] + (b[2] - a[2]) * share,
    )


def times(a: Colour, b: Colour) -> Colour:
    """Return the product of two colours."""
    return (a[0] * b[0], a[1] * b[1], a[2] * b[2])


class Light(Struct, frozen=True, kw_only=True):
    """One light for the whole picture.

    ``sky`` runs from the zenith to the horizon; ``ground`` and ``things`` are what ground and
    subjects are multiplied by; ``haze`` (0 .. 1) is how fast distance fades into the horizon.
    """

    sky: tuple[Colour, Colour, Colour]
    sun: Colour
    ground: Colour
    things: Colour
    haze: float
    cloud: Colour
    cloud_shade: Colour
    sun_height: float  # share of the sky above the horizon; negative without a sun
    clouds: int
    night: bool = False

    @property
    def far(self) -> Colour:
        """What everything fades into."""
        return self.sky[2]


_LIGHTS: dict[str, Light] = {
    "day": Light(
        sky=(rgb("58AEEE"), rgb("9AD4F7"), rgb("E2F4FB")), sun=rgb("FFF6D0"), ground=(1, 1, 1),
        things=(1, 1, 1), haze=0.45, cloud=rgb("FFFFFF"), cloud_shade=rgb("DCEBF7"),
        sun_height=0.75, clouds=4,
    ),
    "sunrise": Light(
        sky=(rgb("7FB0E4"), rgb("F9CDB9"), rgb("FFEBC4")), sun=rgb("FFF1C0"),
        ground=(1.0, 0.93, 0.86), things=(1.0, 0.96, 0.92), haze=0.6, cloud=rgb("FFF3EA"),
        cloud_shade=rgb("F6C4BC"), sun_height=0.2, clouds=4,
    ),
    "sunset": Light(
        sky=(rgb("54509C"), rgb("EE7F77"), rgb("FFD083")), sun=rgb("FFE9A8"),
        ground=(0.9, 0.72, 0.68), things=(1.0, 0.9, 0.84), haze=0.55, cloud=rgb("FFB59A"),
        cloud_shade=rgb("B86A93"), sun_height=0.14, clouds=4,
    ),
    "night": Light(
        sky=(rgb("0A1036"), rgb("1B2A66"), rgb("40579B")), sun=rgb("F6F1D5"),
        ground=(0.36, 0.45, 0.66), things=(0.72, 0.77, 0.94), haze=0.5, cloud=rgb("45589A"),
        cloud_shade=rgb("2E3D7C"), sun_height=0.78, clouds=2, night=True,
    ),
}  # fmt: skip


def light_for(time: str, weather: str) -> Light:
    """Return the light of a time of day ("" is day) under a weather ("" is fair)."""
    import msgspec

    light = _LIGHTS[time or "day"]
    grey, share, dark = {
        "rain": (rgb("8FA1B3"), 0.62, 0.86),
        "storm": (rgb("47505F"), 0.78, 0.68),
        "overcast": (rgb("B4C0CB"), 0.7, 0.93),
        "fog": (rgb("D5DCE0"), 0.6, 0.97),
        "snowfall": (rgb("CBD8E6"), 0.5, 0.98),
    }.get(weather, (rgb("000000"), 0.0, 1.0))
    if light.night:
        grey = times(grey, (0.34, 0.4, 0.55))
    changes: dict[str, object] = {}
    if share:
        top, middle, low = (mix(colour, grey, share) for colour in light.sky)
        shade = (dark, dark, min(1.0, dark * 1.03))
        soft = mix((1.0, 1.0, 1.0), shade, 0.55)
        changes = {
            "sky": (times(top, (0.9, 0.9, 0.92)), middle, mix(low, grey, 0.2)),
            "ground": times(mix(light.ground, (0.85, 0.88, 0.92), 0.4 * share), shade),
            "things": times(light.things, soft),
            "cloud": mix(light.cloud, times(grey, (1.12, 1.12, 1.12)), share),
            "cloud_shade": mix(light.cloud_shade, times(grey, (0.85, 0.86, 0.9)), share),
            "haze": {"fog": 0.97, "snowfall": 0.75}.get(weather, 0.62),
            "sun_height": -1.0,
            "clouds": {"fog": 0, "storm": 9, "overcast": 9, "rain": 8}.get(weather, 5),
        }
    elif weather == "clouds":
        changes = {"clouds": 8}
    elif weather == "clear":
        changes = {"clouds": 0}
    return msgspec.structs.replace(light, **changes)
