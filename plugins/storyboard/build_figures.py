"""Gives a body to drawings that are a head or a bust; used when the pack is built."""

from __future__ import annotations

# Animals of which the sets have only the head: their fur and belly, for a body below it.
FURS = {
    "bear": ("#8c5543", "#c9926b"), "fox": ("#f3722c", "#fff1e0"), "lion": ("#f2a73b", "#ffd9a0"),
    "frog": ("#3fae49", "#c8f0a8"), "koala": ("#9b9b9b", "#e6e6e6"), "wolf": ("#848b98",
    "#d8dbe2"), "hamster": ("#f3ad61", "#fff1e0"), "panda": ("#2b2b33", "#f4f4f4"), "polar-bear":
    ("#f1f3f7", "#ffffff"), "robot": ("#b4acbc", "#e8e4ec"),
}  # fmt: skip
# Children and others of whom there is a head only: shirt or dress, and trousers.
CLOTHES = {
    "boy": ("#3f8ae0", "#35507a"), "girl": ("#f2649a", ""), "child": ("#3aa6a0", "#3b5f90"),
    "old-man": ("#6b7a8f", "#4a4a55"), "old-woman": ("#9b6bb0", ""),
}  # fmt: skip


def whole_figure(name: str, head: str, side: int) -> str:
    """Set a head on a plain body, sitting for animals, standing for children."""
    scale = 24 / side
    head = f'<g transform="translate(4,0) scale({scale:.4f})">{head}</g>'
    if name in FURS:
        fur, belly = FURS[name]
        return (
            f'<g fill="{fur}"><ellipse cx="16" cy="31" rx="9" ry="11.5"/>'
            f'<ellipse cx="7.5" cy="29" rx="2.8" ry="6.5" transform="rotate(24 7.5 29)"/>'
            f'<ellipse cx="24.5" cy="29" rx="2.8" ry="6.5" transform="rotate(-24 24.5 29)"/></g>'
            f'<ellipse cx="16" cy="33" rx="5.6" ry="7.6" fill="{belly}"/><g fill="{fur}">'
            f'<ellipse cx="10.2" cy="41.4" rx="4.4" ry="2.6"/>'
            f'<ellipse cx="21.8" cy="41.4" rx="4.4" ry="2.6"/></g>{head}'
        )
    shirt, trousers = CLOTHES[name]
    skin = "#ffb02e"
    legs = (
        f'<path fill="{trousers or skin}" d="M11.5 33h4v8h-4zM16.5 33h4v8h-4z"/>'
        '<path fill="#5b4a42" d="M10 43.6c0-1.8 1.2-3 3-3h2.5v3zM22 43.6c0-1.8-1.2-3-3-3'
        'h-2.5v3z"/>'
    )
    arms = (
        f'<path fill="{skin}" d="M6.8 31.5a1.7 1.7 0 1 0 3.3.8l1.9-7-3.3-1zM25.2 31.5'
        'a1.7 1.7 0 1 1-3.3.8l-1.9-7 3.3-1z"/>'
    )
    torso = "M11 22h10l3.500 13.500h-17z" if not trousers else "M10.500 22h11l1 13h-13z"
    return f'{legs}{arms}<path fill="{shirt}" d="{torso}"/>{head}'


def with_coat(body: str, box: str) -> tuple[str, str]:
    """Lengthen a bust to a whole figure, in the colour of its shoulders; leave others alone."""
    import io

    import numpy
    import resvg_py
    from PIL import Image

    svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}">{body}</svg>'
    data = resvg_py.svg_to_bytes(svg_string=svg, width=128, skip_system_fonts=True)
    rgba = numpy.asarray(Image.open(io.BytesIO(data)).convert("RGBA"))
    rows = numpy.flatnonzero((rgba[..., 3] > 128).any(1))
    foot = int(rows[-1])
    columns = numpy.flatnonzero(rgba[foot - 3, :, 3] > 128)
    if foot < 112 or columns.size < 58 or columns[-1] - columns[0] > 1.25 * columns.size:
        return body, box
    red, green, blue = (int(v) for v in numpy.median(rgba[foot - 3, columns, :3], axis=0))
    left, right, top = columns[0] / 4, columns[-1] / 4, foot / 4 - 2
    inner = (right - left) * 0.1
    hem = right - left - 2 * inner
    coat = (
        f'<path fill="#4a3b36" d="M{(left + right) / 2 - 5:.2f} 42h4v3h-6zM'
        f'{(left + right) / 2 + 1:.2f} 42h4l2 3h-6z"/><path fill="rgb({red},{green},{blue})" '
        f'd="M{left:.2f} {top:.2f}H{right:.2f}L{right - inner:.2f} 42.5q-{hem / 2:.2f}'
        f' 1.5 -{hem:.2f} 0z"/>'
    )
    return coat + body, "0 0 32 46"
