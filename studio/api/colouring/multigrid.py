"""A multigrid solver for colours that spread over a picture but not across its edges.

Minimises, for every channel of ``u``, the quadratic of Levin, Lischinski and Weiss, "Colorization
using Optimization" (SIGGRAPH 2004), with a confidence for what the artist painted::

    sum over neighbours  w_rs (u_r - u_s)^2   +   sum over pixels  c_r (u_r - h_r)^2

The equations have five points a pixel. They are solved by conjugate gradients, preconditioned by
a multigrid V-cycle (Briggs, Henson and McCormick, "A Multigrid Tutorial", 2000) over 2 x 2 blocks
and started from the solution of the next coarser grid. Instead of seconds for a direct sparse
solver it takes a fixed number of passes over the picture, in numpy alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from studio.api.luminance import Floats

# Damping of the Jacobi smoother, and how many smoothing steps stand on each side of a V-cycle.
_DAMPING = np.float32(0.7)
_SMOOTHING = 2
# Conjugate gradient steps on grids of more than so many px: the small ones cost next to nothing.
_STEPS = ((300_000, 3), (80_000, 5), (1_000, 7), (0, 16))
_COARSEST = 4  # px a side


class _Grid:
    """The equations on one grid: weights between neighbours, and the confidence of each pixel."""

    def __init__(self, across: Floats, down: Floats) -> None:
        self.across, self.down = across, down
        self.shape = (across.shape[0], down.shape[1])
        self._ties = np.zeros(self.shape, np.float32)
        self._ties[:, :-1] += across
        self._ties[:, 1:] += across
        self._ties[:-1] += down
        self._ties[1:] += down
        left, right = np.s_[..., :-1], np.s_[..., 1:]
        upper, lower = np.s_[..., :-1, :], np.s_[..., 1:, :]
        self._neighbours = (
            (left, right, across), (right, left, across), (upper, lower, down), (lower, upper, down)
        )  # fmt: skip
        self._result: Floats | None = None
        self._part = self._ties
        self.set_confidence(np.zeros(self.shape, np.float32))

    def set_confidence(self, confidence: Floats) -> None:
        self.diagonal = self._ties + confidence
        self.damped = _DAMPING / np.maximum(self.diagonal, np.float32(1e-20))

    def times(self, values: Floats) -> Floats:
        """The matrix times ``values`` (channels, H, W); the result is overwritten by the next."""
        if self._result is None or self._result.shape != values.shape:
            self._result, self._part = np.empty_like(values), np.empty_like(values)
        result, part = self._result, self._part
        np.multiply(values, self.diagonal, out=result)
        for here, there, weights in self._neighbours:
            result[here] -= np.multiply(values[there], weights, out=part[there])
        return result

    def smooth(self, values: Floats, rest: Floats) -> None:
        """One damped Jacobi step of ``values`` towards the right-hand side ``rest``, in place."""
        result = self.times(values)
        np.subtract(rest, result, out=result)
        result *= self.damped
        values += result


class Multigrid:
    """Equations over one picture: made once a picture, solved for any number of hints."""

    def __init__(self, across: Floats, down: Floats) -> None:
        """Take the weights between neighbours: ``across`` (H, W - 1), ``down`` (H - 1, W)."""
        self.grids = [_Grid(across, down)]
        self._coarsest = np.zeros((1, 1), np.float32)
        while max(self.grids[-1].shape) > _COARSEST:
            grid = self.grids[-1]
            self.grids.append(_Grid(*coarser(grid.across, grid.down)))

    @property
    def levels(self) -> int:
        """How many grids there are; grid 0 is the picture's, each next one half its size."""
        return len(self.grids)

    def set_confidence(self, confidence: Floats) -> None:
        """Set how firmly each pixel holds its hint, (H, W): 0 not at all, 100 practically fixed."""
        for grid in self.grids:
            grid.set_confidence(confidence)
            confidence = summed(confidence)
        # The last grid has at most 16 px: it is solved directly. Without any hint the matrix is
        # singular, and the pseudo-inverse leaves everything at zero.
        grid = self.grids[-1]
        unit = np.eye(grid.diagonal.size, dtype=np.float32).reshape(-1, *grid.shape)
        matrix = grid.times(unit).reshape(len(unit), -1).astype(np.float64)
        self._coarsest = np.linalg.pinv(matrix).astype(np.float32)

    def solve(
        self,
        pull: Floats,
        start: Floats | None = None,
        check: Callable[[], None] = lambda: None,
    ) -> Iterator[tuple[int, Floats]]:
        """Yield (level, solution) from the coarsest grid to level 0, each better than the last.

        ``pull`` (channels, H, W) is confidence times hint; ``start`` a solution of similar hints,
        from which less is left to do. ``check`` is called between passes and may raise.
        """
        known = [start]
        if start is not None:
            pull = pull - self.grids[0].times(start)
        pulls = [pull]
        for _ in self.grids[1:]:
            pulls.append(summed(pulls[-1]))
            known.append(None if known[-1] is None else averaged(known[-1]))
        solution = np.zeros_like(pulls[-1])
        for level in reversed(range(self.levels)):
            if level < self.levels - 1:
                solution = doubled(solution, self.grids[level].shape)
            pixels = self.grids[level].diagonal.size
            steps = next(steps for more_than, steps in _STEPS if pixels > more_than)
            solution = self._conjugate_gradients(level, pulls[level], solution, steps, check)
            before = known[level]
            yield level, solution if before is None else solution + before

    def _conjugate_gradients(
        self, level: int, pull: Floats, solution: Floats, steps: int, check: Callable[[], None]
    ) -> Floats:
        """Each channel on its own: their inner products differ."""
        grid = self.grids[level]
        solution = solution.copy()
        rest = pull - grid.times(solution)
        direction = np.zeros_like(rest)
        before: Floats | None = None
        for _ in range(steps):
            check()
            towards = self._v_cycle(level, rest, check)
            product = _inner(rest, towards)
            direction *= 0 if before is None else product / np.maximum(before, _TINY)
            direction += towards
            image = grid.times(direction)
            length = product / np.maximum(_inner(direction, image), _TINY)
            solution += length * direction
            image *= length
            rest -= image
            before = product
        return solution

    def _v_cycle(self, level: int, rest: Floats, check: Callable[[], None]) -> Floats:
        """An approximate solution for the right-hand side ``rest``; symmetric, as CG needs."""
        grid = self.grids[level]
        if level < 2:
            check()
        result: Floats = grid.damped * rest
        for _ in range(_SMOOTHING - 1):
            grid.smooth(result, rest)
        if level < self.levels - 1:
            coarse = self._v_cycle(level + 1, summed(rest - grid.times(result)), check)
            result += doubled(coarse, grid.shape)
        else:
            result = self._coarsest @ rest.reshape(len(rest), -1, 1)
            return result.reshape(rest.shape)
        for _ in range(_SMOOTHING):
            grid.smooth(result, rest)
        return result


_TINY = np.float32(1e-30)


def _inner(one: Floats, other: Floats) -> Floats:
    """The inner product of each channel, (channels, 1, 1)."""
    product: Floats = np.einsum("cij,cij->c", one, other)[:, None, None]
    return product


def coarser(across: Floats, down: Floats) -> tuple[Floats, Floats]:
    """Return the weights between 2 x 2 blocks: the edges that cross, twice as long."""
    half = np.float32(0.5)
    wide = _even(across[:, 1::2], 0) * half
    tall = _even(down[1::2], 1) * half
    return wide[0::2] + wide[1::2], tall[:, 0::2] + tall[:, 1::2]


def summed(values: Floats) -> Floats:
    """Return the sums of 2 x 2 blocks, (..., ceil(H / 2), ceil(W / 2))."""
    values = _even(_even(values, -1), -2)
    values = values[..., 0::2] + values[..., 1::2]
    return values[..., 0::2, :] + values[..., 1::2, :]


def averaged(values: Floats) -> Floats:
    """Return the means of 2 x 2 blocks; a block at the border counts what it has."""
    return summed(values) / summed(np.ones(values.shape[-2:], np.float32))


def doubled(values: Floats, shape: tuple[int, int]) -> Floats:
    """Return every value as a 2 x 2 block, cut to ``shape``."""
    blocks: Floats = values.repeat(2, -2).repeat(2, -1)[..., : shape[0], : shape[1]]
    return blocks


def _even(values: Floats, axis: int) -> Floats:
    if values.shape[axis] % 2 == 0:
        return values
    padding = [(0, 0)] * values.ndim
    padding[axis] = (0, 1)
    return np.pad(values, padding)
