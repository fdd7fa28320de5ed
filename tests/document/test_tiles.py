"""Tiles: cutting, joining, packing, and the arithmetic of transparency."""

from __future__ import annotations

import random

import numpy as np
import pytest

from studio.core.errors import DamagedProject, DocumentProblem
from studio.document import TILE_BYTES, join_tiles, premultiply, split_into_tiles, unpremultiply
from studio.document.tiles import pack_tile, tile_hash, unpack_tile


@pytest.mark.parametrize(
    ("width", "height"), [(1, 1), (255, 3), (256, 256), (257, 256), (300, 700)]
)
def test_a_picture_cut_and_joined_is_the_same(width: int, height: int) -> None:
    picture = random.Random(width).randbytes(width * height * 4)
    tiles = split_into_tiles(picture, width, height)
    assert all(len(raw) == TILE_BYTES for raw in tiles.values())
    assert join_tiles(tiles, 0, 0, width, height) == picture


def test_joining_any_rectangle_gives_its_pixels_and_nothing_outside() -> None:
    picture = np.frombuffer(random.Random(5).randbytes(400 * 300 * 4), np.uint8)
    picture = picture.reshape(300, 400, 4)
    tiles = split_into_tiles(picture.tobytes(), 400, 300)
    padded = np.zeros((900, 900, 4), np.uint8)
    padded[300:600, 300:700] = picture
    for x, y, width, height in [(-300, -300, 900, 900), (100, 50, 200, 220), (399, 299, 2, 2)]:
        joined = np.frombuffer(join_tiles(tiles, x, y, width, height), np.uint8)
        expected = padded[y + 300 : y + 300 + height, x + 300 : x + 300 + width]
        assert np.array_equal(joined.reshape(height, width, 4), expected)


def test_empty_parts_make_no_tiles() -> None:
    picture = bytearray(600 * 600 * 4)
    picture[-1] = 255
    assert set(split_into_tiles(bytes(picture), 600, 600)) == {(2, 2)}


@pytest.mark.parametrize(("size", "width"), [(16, 3), (0, 0), (16, -2)])
def test_a_picture_of_another_size_than_said_is_refused(size: int, width: int) -> None:
    with pytest.raises(DocumentProblem):
        split_into_tiles(bytes(size), width, 2)


def test_tiles_survive_packing_and_noise_does_not_grow() -> None:
    noise = random.Random(3).randbytes(TILE_BYTES)
    flat = b"\x10\x20\x30\xff" * (TILE_BYTES // 4)
    for raw in (noise, flat):
        assert unpack_tile(pack_tile(raw), tile_hash(raw)) == raw
    assert len(pack_tile(noise)) == TILE_BYTES
    assert len(pack_tile(flat)) < TILE_BYTES // 100


def test_a_damaged_tile_is_recognised() -> None:
    raw = b"\x10\x20\x30\xff" * (TILE_BYTES // 4)
    packed, name = pack_tile(raw), tile_hash(raw)
    flipped = bytes([packed[0], packed[1] ^ 1]) + packed[2:]
    bomb = pack_tile(b"x" * (TILE_BYTES * 50))
    for bad in (b"", packed[:-9], flipped, bomb, pack_tile(bytes(TILE_BYTES)), None, 5, "text"):
        with pytest.raises(DamagedProject):
            unpack_tile(bad, name)


def test_premultiplying_rounds_to_the_nearest_and_comes_back() -> None:
    colour, alpha = np.meshgrid(np.arange(256), np.arange(256))
    straight = np.stack([colour, colour, colour, alpha], axis=-1).astype(np.uint8)
    multiplied = premultiply(straight)
    exact = colour * alpha / 255
    assert np.abs(multiplied[..., 0] - exact).max() <= 0.5
    assert np.array_equal(multiplied[..., 3], straight[..., 3])
    assert np.array_equal(premultiply(unpremultiply(multiplied)), multiplied)
    assert np.array_equal(unpremultiply(multiplied)[255], straight[255]), "opaque pixels stay"
    assert not unpremultiply(multiplied)[0, :, :3].any(), "transparent pixels have no colour"
