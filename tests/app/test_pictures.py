"""Opening and writing pictures: every common kind looks right, every bad one says why."""

from __future__ import annotations

import io
import random
import struct
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from studio.api.recipe import Recipe
from studio.api.requests import ModelRef, TextToImage
from studio.app import pictures
from studio.app.foreign_recipes import ForeignRecipe, read_recipe
from studio.app.pictures import Picture, open_picture, thumbnail, write_picture
from studio.core.errors import ImageProblem, StorageProblem

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "TIFF", "BMP")


def encoded(image: Image.Image, format_name: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format_name, **options)
    return buffer.getvalue()


def pixels(picture: Picture) -> np.ndarray:
    return np.frombuffer(picture.straight(), np.uint8).reshape(picture.height, picture.width, 4)


def noise(width: int, height: int, *, alpha: bool = True, seed: int = 1) -> np.ndarray:
    values = np.random.default_rng(seed).integers(0, 256, (height, width, 4), np.uint8)
    if not alpha:
        values[..., 3] = 255
    return values


def recipe(prompt: str = "a red mushroom, 赤いキノコ", **fields: object) -> Recipe:
    request = TextToImage(model=ModelRef(id="thumbnail"), prompt=prompt, **fields)
    return Recipe(request=request, seed=77, index=2, model_title="Starter image")


def png_chunk(kind: bytes, data: bytes) -> bytes:
    checksum = zlib.crc32(kind + data)
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", checksum)


def with_chunk(png: bytes, kind: bytes, data: bytes) -> bytes:
    """``png`` with one more chunk behind its header."""
    return png[:33] + png_chunk(kind, data) + png[33:]


# -- opening -----------------------------------------------------------------------------------


def test_png_opens_bit_for_bit() -> None:
    source = noise(37, 23)
    picture = open_picture(encoded(Image.fromarray(source), "PNG"))
    assert (picture.width, picture.height, picture.opaque) == (37, 23, False)
    assert (pixels(picture) == source).all()


@pytest.mark.parametrize("format_name", [*FORMATS, "AVIF", "JPEG2000", "PPM", "ICO"])
def test_every_common_format_opens_with_its_colours(format_name: str, tmp_path: Path) -> None:
    path = tmp_path / "red.any"
    path.write_bytes(encoded(Image.new("RGB", (32, 32), (200, 30, 60)), format_name))
    picture = open_picture(path)
    assert (picture.width, picture.height, picture.opaque) == (32, 32, True)
    assert np.abs(pixels(picture)[16, 16].astype(int) - (200, 30, 60, 255)).max() <= 3


def test_premultiplied_is_what_the_document_wants() -> None:
    source = noise(64, 64)
    picture = open_picture(encoded(Image.fromarray(source), "PNG"))
    premultiplied = np.frombuffer(picture.premultiplied(), np.uint8).reshape(64, 64, 4)
    colour, alpha = source[..., :3].astype(float), source[..., 3:].astype(float)
    assert (premultiplied[..., 3:] == source[..., 3:]).all()
    assert np.abs(premultiplied[..., :3] - colour * alpha / 255).max() <= 0.5


def test_premultiplied_opaque_picture_is_not_copied() -> None:
    picture = open_picture(encoded(Image.fromarray(noise(8, 8, alpha=False)), "PNG"))
    assert picture.premultiplied() is picture.straight()


@pytest.mark.parametrize(
    ("mode", "colour", "expected"),
    [
        ("1", 1, (255, 255, 255, 255)),
        ("L", 90, (90, 90, 90, 255)),
        ("LA", (90, 40), (90, 90, 90, 40)),
        ("RGB", (10, 20, 30), (10, 20, 30, 255)),
        ("RGBA", (10, 20, 30, 40), (10, 20, 30, 40)),
    ],
)
def test_modes_of_png(mode: str, colour: object, expected: tuple[int, ...]) -> None:
    picture = open_picture(encoded(Image.new(mode, (4, 4), colour), "PNG"))
    assert tuple(pixels(picture)[0, 0]) == expected


def test_sixteen_bit_grey_keeps_its_gradient() -> None:
    values = np.linspace(0, 65535, 256).astype(np.uint16)[None].repeat(2, 0)
    for format_name in ("PNG", "TIFF"):
        picture = open_picture(encoded(Image.fromarray(values), format_name))
        assert np.abs(pixels(picture)[0, :, 0] - values[0] / 257).max() <= 0.5


@pytest.mark.parametrize("channels", [3, 4])
def test_sixteen_bit_colour_keeps_its_gradient(channels: int) -> None:
    """Pillow writes no such PNG, so it is put together here: bit depth 16, colour type 2 or 6."""
    ramp = np.linspace(0, 65535, 200).astype(np.uint16)
    values = np.stack([ramp, ramp[::-1], ramp // 2, np.full_like(ramp, 65535)][:channels], -1)
    rows = b"\0" + values.astype(">u2").tobytes()
    header = struct.pack(">IIBBBBB", 200, 1, 16, 2 if channels == 3 else 6, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    picture = open_picture(b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(*one) for one in chunks))
    assert np.abs(pixels(picture)[0, :, :channels] - values / 257).max() <= 1
    assert picture.opaque


def test_floating_point_tiff_from_zero_to_one() -> None:
    values = np.array([[0.0, 0.5, 1.0, np.nan]], np.float32)
    picture = open_picture(encoded(Image.fromarray(values), "TIFF"))
    assert list(pixels(picture)[0, :, 0]) == [0, 128, 255, 0]


def test_thirty_two_bit_tiff_is_not_washed_out() -> None:
    values = np.array([[0, 100_000, 200_000]], np.int32)
    picture = open_picture(encoded(Image.fromarray(values), "TIFF"))
    assert list(pixels(picture)[0, :, 0]) == [0, 128, 255]


def test_palette_with_transparency() -> None:
    image = Image.new("P", (4, 4), 0)
    image.putpalette([255, 0, 0, 0, 255, 0])
    image.putpixel((1, 0), 1)
    picture = open_picture(encoded(image, "PNG", transparency=1))
    assert tuple(pixels(picture)[0, 0]) == (255, 0, 0, 255)
    assert pixels(picture)[0, 1, 3] == 0


def test_cmyk_jpeg_shows_its_colours() -> None:
    picture = open_picture(encoded(Image.new("CMYK", (8, 8), (255, 0, 0, 0)), "JPEG"))
    red, green, blue, alpha = (int(value) for value in pixels(picture)[4, 4])
    assert red < 60
    assert green > 150
    assert blue > 150
    assert alpha == 255


def test_lab_tiff_shows_its_colours() -> None:
    picture = open_picture(encoded(Image.new("LAB", (8, 8), (128, 128, 128)), "TIFF"))
    grey = pixels(picture)[4, 4, :3].astype(int)
    assert np.ptp(grey) <= 4
    assert 90 < grey.mean() < 150


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format_name", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_camera_orientation_is_applied_once(format_name: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = Image.new("RGB", (40, 24), "black")
    stored.paste("white", (0, 0, 16, 8))
    stored = stored.resize((40, 24))
    picture = open_picture(encoded(stored, format_name, exif=exif.tobytes()))
    # Where the stored upper left corner must be seen (EXIF 2.3, 4.6.4 A).
    left = orientation in (1, 4, 5, 8)
    top = orientation in (1, 2, 5, 6)
    assert (picture.width, picture.height) == ((40, 24) if orientation < 5 else (24, 40))
    corner = pixels(picture)[3 if top else -4, 3 if left else -4, 0]
    assert corner > 200
    assert pixels(picture)[-4 if top else 3, -4 if left else 3, 0] < 50


def test_animation_opens_with_its_first_frame() -> None:
    frames = [Image.new("RGB", (16, 16), colour) for colour in ("red", "blue")]
    for format_name in ("GIF", "WEBP", "PNG"):
        data = encoded(frames[0], format_name, save_all=True, append_images=frames[1:])
        red, green, blue = (int(value) for value in pixels(open_picture(data))[8, 8, :3])
        assert red > 240 > 20 > max(green, blue), format_name


def wide_gamut_profile() -> bytes:
    """A profile whose red and green are exchanged, made from the sRGB one: a visible change."""
    data = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    start, count = 132, struct.unpack_from(">I", data, 128)[0]
    entries = {}
    for index in range(count):
        name, offset, size = struct.unpack_from(">4sII", data, start + 12 * index)
        entries[name] = (start + 12 * index, offset, size)
    for one, other in ((b"rXYZ", b"gXYZ"),):
        (place, offset, size), (other_place, other_offset, other_size) = (
            entries[one],
            entries[other],
        )
        struct.pack_into(">II", data, place + 4, other_offset, other_size)
        struct.pack_into(">II", data, other_place + 4, offset, size)
    place, offset, size = entries[b"desc"]
    data[offset : offset + size] = data[offset : offset + size].replace(
        "sRGB".encode("utf-16-be"), "swap".encode("utf-16-be")
    )
    return bytes(data)


def test_embedded_colour_profile_is_converted_to_srgb() -> None:
    for mode, colour in (("RGB", (255, 0, 0)), ("RGBA", (255, 0, 0, 90))):
        data = encoded(Image.new(mode, (8, 8), colour), "PNG", icc_profile=wide_gamut_profile())
        red, green, _, alpha = (int(value) for value in pixels(open_picture(data))[4, 4])
        assert green > 240 > 20 > red
        assert alpha == (255 if mode == "RGB" else 90)


def test_srgb_profile_changes_no_pixel() -> None:
    source = noise(16, 16)
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    picture = open_picture(encoded(Image.fromarray(source), "PNG", icc_profile=srgb))
    assert (pixels(picture) == source).all()


@pytest.mark.parametrize("profile", [b"garbage", wide_gamut_profile()[:300]])
def test_broken_colour_profile_does_not_spoil_the_picture(profile: bytes) -> None:
    source = noise(16, 16, alpha=False)
    picture = open_picture(encoded(Image.fromarray(source[..., :3]), "PNG", icc_profile=profile))
    assert (pixels(picture) == source).all()


# -- what cannot be opened ---------------------------------------------------------------------


def refused(source: Path | bytes) -> ImageProblem:
    with pytest.raises(ImageProblem) as caught:
        open_picture(source)
    assert caught.value.message.endswith(".")
    assert caught.value.hint
    return caught.value


def test_a_text_file_is_not_a_picture(tmp_path: Path) -> None:
    path = tmp_path / "notes.png"
    path.write_text("This is not a picture at all, only some words.")
    problem = refused(path)
    assert problem.code == "not_a_picture"
    assert "notes.png" in problem.message
    assert "PNG" in problem.hint


def test_an_empty_file_says_so(tmp_path: Path) -> None:
    path = tmp_path / "empty.png"
    path.touch()
    assert "empty.png is empty" in refused(path).message


@pytest.mark.parametrize("format_name", FORMATS)
@pytest.mark.parametrize("fraction", [0.1, 0.5, 0.9])
def test_a_file_that_was_cut_off_is_refused_with_a_hint(format_name: str, fraction: float) -> None:
    data = encoded(Image.fromarray(noise(64, 64, alpha=False)[..., :3]), format_name)
    problem = refused(data[: int(len(data) * fraction)])
    assert problem.code == "damaged_picture"
    assert "another copy" in problem.hint


def test_a_missing_file_and_a_folder_are_storage_problems(tmp_path: Path) -> None:
    with pytest.raises(StorageProblem, match="does not exist"):
        open_picture(tmp_path / "gone.png")
    with pytest.raises(StorageProblem, match="is a folder"):
        open_picture(tmp_path)


def png_header(width: int, height: int, *, bit_depth: int = 1) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, bit_depth, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header)


def webp_header(width: int, height: int) -> bytes:
    """An animation on a large canvas whose only frame has 8 x 8 px."""
    frame = encoded(Image.new("RGB", (8, 8)), "WEBP", lossless=True)[12:]

    def chunk(kind: bytes, data: bytes) -> bytes:
        return kind + struct.pack("<I", len(data)) + data + bytes(len(data) % 2)

    def three_bytes(number: int) -> bytes:
        return struct.pack("<I", number)[:3]

    place = bytes(6) + three_bytes(7) + three_bytes(7) + bytes(4)
    canvas = bytes([2, 0, 0, 0]) + three_bytes(width - 1) + three_bytes(height - 1)
    body = chunk(b"VP8X", canvas) + chunk(b"ANIM", bytes(6)) + chunk(b"ANMF", place + frame)
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


def gif_header(width: int, height: int) -> bytes:
    screen = struct.pack("<HHBBB", width, height, 0x80, 0, 0) + bytes(6)
    return b"GIF89a" + screen + b"," + struct.pack("<HHHHB", 0, 0, width, height, 0) + b"\2\1\0;"


def bmp_header(width: int, height: int) -> bytes:
    info = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, 0, 0, 0, 0, 0, 0)
    return struct.pack("<2sIHHI", b"BM", 54, 0, 0, 54) + info


@pytest.mark.parametrize(
    ("size", "words"),
    [
        ((40_000, 10), "40,000 x 10 px"),
        ((10, 16_385), "10 x 16,385 px"),
        ((16_000, 11_500), "megapixels"),
        ((60_000, 60_000), "178 megapixels"),
    ],
)
def test_a_decompression_bomb_is_refused_from_its_header(
    size: tuple[int, int], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = zlib.compress(bytes(200_000_000 // 8), 1)  # 200 megapixels in 0.1 MB
    bomb = png_header(*size) + png_chunk(b"IDAT", rows) + png_chunk(b"IEND", b"")
    monkeypatch.setattr(Image.Image, "load", lambda image: pytest.fail("pixels were decoded"))
    problem = refused(bomb)
    assert problem.code == "picture_too_large"
    assert words in problem.message + problem.hint
    assert "scale it down" in problem.hint
    assert refused(bmp_header(*size)).code == "picture_too_large"
    assert refused(gif_header(*size)).code == "picture_too_large"


def test_a_bomb_of_empty_canvas_is_refused() -> None:
    assert refused(webp_header(16_383, 16_383)).code == "picture_too_large"
    assert open_picture(webp_header(300, 200)).width == 300


def test_a_large_picture_within_the_limits_opens_without_a_warning(
    monkeypatch: pytest.MonkeyPatch, recwarn: pytest.WarningsRecorder
) -> None:
    # Pillow warns from half of its limit on: the same happens here at a size that is quick.
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 6_000)
    data = encoded(Image.fromarray(noise(100, 100)), "PNG")
    assert open_picture(data).width == 100
    assert not [each for each in recwarn if "bomb" in str(each.message)]
    assert refused(encoded(Image.new("1", (200, 200)), "PNG")).code == "picture_too_large"


@pytest.mark.parametrize("kind", [b"zTXt", b"iTXt"])
def test_a_text_bomb_does_not_spoil_the_picture(kind: bytes) -> None:
    bomb = zlib.compress(bytes(100_000_000), 1)
    middle = b"\0\0" if kind == b"zTXt" else b"\0\1\0\0\0"
    source = noise(9, 9)
    data = with_chunk(encoded(Image.fromarray(source), "PNG"), kind, b"parameters" + middle + bomb)
    assert (pixels(open_picture(data)) == source).all()


def test_a_damaged_text_does_not_spoil_the_picture() -> None:
    source = noise(9, 9)
    data = bytearray(with_chunk(encoded(Image.fromarray(source), "PNG"), b"tEXt", b"key\0value"))
    data[45] ^= 0xFF  # the text no longer fits its checksum
    assert (pixels(open_picture(bytes(data))) == source).all()


def test_broken_exif_does_not_spoil_the_picture() -> None:
    source = noise(9, 9)
    for exif in (b"II*\0\xff\xff\xff\xff", b"MM\0*" + bytes(100), b"II*\0\x08\0\0\0\xff\xff" * 5):
        data = with_chunk(encoded(Image.fromarray(source), "PNG"), b"eXIf", exif)
        assert (pixels(open_picture(data)) == source).all()


# -- writing -----------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", [".png", ".PNG"])
def test_png_keeps_every_pixel_and_the_recipe(tmp_path: Path, suffix: str) -> None:
    source, path = noise(33, 17), tmp_path / f"picture{suffix}"
    assert write_picture(source.tobytes(), 33, 17, path, recipe=recipe())
    assert (pixels(open_picture(path)) == source).all()
    assert read_recipe(path) == recipe()
    # What other programs look for.
    assert Image.open(path).text["parameters"].startswith("a red mushroom, 赤いキノコ\nSteps: 25")


@pytest.mark.parametrize("suffix", [".jpg", ".jpeg", ".webp"])
def test_jpeg_and_webp_carry_the_recipe(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"picture{suffix}"
    ramp = np.linspace(0, 255, 64).astype(np.uint8)[None, :, None].repeat(64, 0).repeat(4, 2)
    ramp[..., 3] = 255
    assert write_picture(ramp.tobytes(), 64, 64, path, recipe=recipe(), quality=95)
    assert np.abs(pixels(open_picture(path)).astype(int) - ramp).max() <= 6
    assert read_recipe(path) == recipe()
    comment = Image.open(path).getexif().get_ifd(0x8769)[0x9286]
    assert comment.startswith(b"UNICODE\0")
    assert comment[8:].decode("utf-16-be").startswith("a red mushroom, 赤いキノコ\nSteps: 25")


def test_webp_keeps_transparency_and_is_exact_at_full_quality(tmp_path: Path) -> None:
    source, path = noise(20, 20), tmp_path / "picture.webp"
    write_picture(source.tobytes(), 20, 20, path, quality=100)
    assert (pixels(open_picture(path)) == source).all()


def test_jpeg_shows_transparency_as_white(tmp_path: Path) -> None:
    source = np.zeros((16, 16, 4), np.uint8)
    source[:, 8:] = (255, 0, 0, 128)
    write_picture(source.tobytes(), 16, 16, tmp_path / "picture.jpg")
    shown = pixels(open_picture(tmp_path / "picture.jpg"))
    assert shown[4, 2, :3].min() > 245
    assert tuple(shown[4, 13, :3]) == pytest.approx((255, 127, 127), abs=12)


def test_quality_changes_the_size_of_the_file(tmp_path: Path) -> None:
    source = noise(64, 64, alpha=False).tobytes()
    sizes = []
    for quality in (20, 60, 95):
        write_picture(source, 64, 64, tmp_path / "picture.jpg", quality=quality)
        sizes.append((tmp_path / "picture.jpg").stat().st_size)
    assert sizes == sorted(sizes)
    assert sizes[0] < sizes[2] / 2


def test_a_recipe_that_is_too_long_for_jpeg_is_shortened_then_left_out(tmp_path: Path) -> None:
    source, path = noise(8, 8, alpha=False).tobytes(), tmp_path / "picture.jpg"
    long = recipe("p" * 15_000)
    assert write_picture(source, 8, 8, path, recipe=long)
    assert read_recipe(path) == long

    longer = recipe("p" * 20_000, negative_prompt="n" * 20_000)
    assert write_picture(source, 8, 8, path, recipe=longer)
    kept = read_recipe(path)
    assert isinstance(kept, ForeignRecipe)
    assert (kept.program, kept.prompt, kept.seed) == ("Atelier", "p" * 20_000, 77)

    longest = recipe("猫" * 20_000, negative_prompt="犬" * 20_000)
    assert not write_picture(source, 8, 8, path, recipe=longest)
    assert open_picture(path).width == 8
    assert write_picture(source, 8, 8, tmp_path / "picture.webp", recipe=longest)
    assert read_recipe(tmp_path / "picture.webp") == longest


@pytest.mark.parametrize("name", ["picture.xyz", "picture", "picture.gif"])
def test_an_unknown_suffix_names_the_known_ones(tmp_path: Path, name: str) -> None:
    with pytest.raises(StorageProblem) as caught:
        write_picture(bytes(16), 2, 2, tmp_path / name)
    for suffix in (".png", ".jpg", ".webp"):
        assert suffix in caught.value.hint
    assert list(tmp_path.iterdir()) == []


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(StorageProblem, match=r"folder .*nowhere does not exist"):
        write_picture(bytes(16), 2, 2, tmp_path / "nowhere" / "picture.png")


def test_webp_refuses_what_it_cannot_hold(tmp_path: Path) -> None:
    with pytest.raises(ImageProblem) as caught:
        write_picture(bytes(16_384 * 4), 16_384, 1, tmp_path / "wide.webp")
    assert ".png" in caught.value.hint


def test_a_failed_write_leaves_the_former_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "picture.png"
    write_picture(noise(8, 8).tobytes(), 8, 8, path)
    before = path.read_bytes()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("studio.core.settings.os.fsync", full)
    with pytest.raises(StorageProblem) as caught:
        write_picture(noise(8, 8, seed=2).tobytes(), 8, 8, path)
    assert caught.value.code == "disk_full"
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_pixels_that_do_not_fit_the_size_are_a_bug_not_a_file(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="are not 3 x 3"):
        write_picture(bytes(16), 3, 3, tmp_path / "picture.png")
    assert list(tmp_path.iterdir()) == []


# -- thumbnails --------------------------------------------------------------------------------


@pytest.mark.parametrize("format_name", ["PNG", "JPEG"])
def test_thumbnail_is_a_small_jpeg_in_proportion(format_name: str) -> None:
    data = encoded(Image.new("RGB", (400, 100), (10, 200, 30)), format_name)
    for source in (data, open_picture(data)):
        small = Image.open(io.BytesIO(thumbnail(source, 64)))
        assert (small.format, small.size) == ("JPEG", (64, 16))
        assert small.getpixel((32, 8)) == pytest.approx((10, 200, 30), abs=6)


def test_thumbnail_does_not_enlarge() -> None:
    data = encoded(Image.new("RGB", (20, 10)), "PNG")
    assert Image.open(io.BytesIO(thumbnail(data, 256))).size == (20, 10)


def test_many_threads_at_once() -> None:
    sources = [noise(40, 40, seed=seed) for seed in range(24)]
    files = [encoded(Image.fromarray(source), "PNG") for source in sources]
    with ThreadPoolExecutor(8) as pool:
        opened = list(pool.map(open_picture, files))
    assert all((pixels(one) == other).all() for one, other in zip(opened, sources, strict=True))


# -- fuzz --------------------------------------------------------------------------------------


def mutations(data: bytes, number: int, chance: random.Random) -> list[bytes]:
    """``number`` broken versions of ``data``: cut off, with changed, lost and repeated bytes."""

    def cut(file: bytearray) -> bytearray:
        return file[: chance.randrange(len(file))]

    def change(file: bytearray) -> bytearray:
        for _ in range(chance.choice((1, 1, 2, 8, 50))):
            file[chance.randrange(len(file))] = chance.choice((0, 255, chance.randrange(256)))
        return file

    def change_head(file: bytearray) -> bytearray:
        for _ in range(chance.choice((1, 2, 4))):
            file[chance.randrange(min(len(file), 64))] = chance.choice((0, 127, 128, 255))
        return file

    def lose(file: bytearray) -> bytearray:
        start = chance.randrange(len(file))
        del file[start : start + chance.randrange(1, 40)]
        return file

    def repeat(file: bytearray) -> bytearray:
        start = chance.randrange(len(file))
        return file[: start + 30] + file[start:]

    kinds: list[Callable[[bytearray], bytearray]] = [cut, change, change_head, lose, repeat]
    return [bytes(chance.choice(kinds)(bytearray(data))) for _ in range(number)]


def samples() -> list[bytes]:
    """One small file of every format, and of the kinds that are decoded in other ways."""
    colour = Image.fromarray(noise(24, 20, alpha=False)[..., :3])
    clear = Image.fromarray(noise(24, 20))
    exif = Image.Exif()
    exif[0x0112] = 6
    files = [encoded(colour, name) for name in FORMATS]
    files += [encoded(clear, name) for name in ("PNG", "WEBP", "TIFF")]
    files += [
        encoded(colour.convert("P"), "PNG", transparency=3),
        encoded(clear, "PNG", icc_profile=wide_gamut_profile(), exif=exif.tobytes()),
        encoded(colour, "JPEG", progressive=True, exif=exif.tobytes()),
        encoded(colour.convert("CMYK"), "JPEG"),
        encoded(colour, "WEBP", lossless=True),
        encoded(colour, "GIF", save_all=True, append_images=[colour.rotate(90)]),
        encoded(colour, "TIFF", compression="tiff_lzw"),
        encoded(Image.fromarray(np.arange(64, dtype=np.uint16).reshape(8, 8)), "TIFF"),
    ]
    return files


def fuzz(rounds: int, seed: int) -> tuple[int, int]:
    """Open broken files; return how many opened all the same and how many were refused."""
    chance, opened, refusals = random.Random(seed), 0, 0
    for data in samples():
        for broken in mutations(data, rounds, chance):
            try:
                picture = open_picture(broken)
            except ImageProblem:
                refusals += 1
            else:
                assert len(picture.straight()) == picture.width * picture.height * 4
                opened += 1
    return opened, refusals


def test_broken_files_never_crash(monkeypatch: pytest.MonkeyPatch) -> None:
    # A changed header may ask for a large picture: keep what is decoded here small.
    monkeypatch.setattr(pictures, "MAX_PIXELS", 4_000_000)
    opened, refusals = fuzz(rounds=20, seed=20)
    assert opened > 20
    assert refusals > 100


@pytest.mark.nightly
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("seed", range(10))
def test_thousands_of_broken_files_never_crash(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "MAX_PIXELS", 4_000_000)
    fuzz(rounds=300, seed=seed)
