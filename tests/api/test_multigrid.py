"""The multigrid solver agrees with the exact solution of its equations."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.api.colouring.multigrid import Multigrid


def exact(across: np.ndarray, down: np.ndarray, firm: np.ndarray, pull: np.ndarray) -> np.ndarray:
    """Solve the same equations as a dense system, in float64."""
    height, width = firm.shape
    number = np.arange(height * width).reshape(height, width)
    matrix = np.diag(firm.ravel().astype(float))
    for one, other, weights in (
        (number[:, :-1], number[:, 1:], across),
        (number[:-1], number[1:], down),
    ):
        for i, j, w in zip(one.ravel(), other.ravel(), weights.ravel().astype(float), strict=True):
            matrix[[i, j], [i, j]] += w
            matrix[[i, j], [j, i]] -= w
    solution = np.linalg.solve(matrix, pull.reshape(len(pull), -1).T.astype(float))
    return solution.T.reshape(pull.shape)


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 2**32 - 1), st.integers(1, 22), st.integers(1, 22))
def test_it_comes_near_the_exact_solution(seed: int, height: int, width: int) -> None:
    chance = np.random.default_rng(seed)
    across, down = (
        np.exp(-chance.uniform(0, 6, shape)).astype(np.float32)
        for shape in ((height, width - 1), (height - 1, width))
    )
    firm = np.where(chance.random((height, width)) < 0.1, 100, 0).astype(np.float32)
    firm[height // 2, width // 2] = 100
    hints = chance.uniform(-100, 100, (2, height, width)).astype(np.float32)
    grids = Multigrid(across, down)
    grids.set_confidence(firm)
    levels = list(grids.solve(firm * hints))
    assert [level for level, _ in levels] == list(reversed(range(grids.levels)))
    solution, wanted = levels[-1][1], exact(across, down, firm, firm * hints)
    assert np.abs(solution - wanted).mean() < 1.5, "of a range of 200"
    further = solution
    for _ in range(4):
        (*_, (_, further)) = grids.solve(firm * hints, start=further)
    assert np.abs(further - wanted).mean() < 0.25, "going on makes it better"


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (9, 1), (33, 2), (16, 16)])
def test_one_colour_everywhere_is_that_colour(shape: tuple[int, int]) -> None:
    height, width = shape
    grids = Multigrid(
        np.ones((height, width - 1), np.float32), np.ones((height - 1, width), np.float32)
    )
    firm = np.zeros(shape, np.float32)
    firm[0, 0] = 100
    grids.set_confidence(firm)
    pull = np.zeros((1, *shape), np.float32)
    pull[0, 0, 0] = 100 * 42
    (*_, (_, solution)) = grids.solve(pull)
    assert np.abs(solution - 42).max() < 1
