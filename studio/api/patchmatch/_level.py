"""One scale of the pyramid: describing patches, finding neighbours, and letting them vote."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from studio.api.patchmatch._grids import Floats, Mask, Places, box_sum

CHUNK = 8192  # patches described at once: some 8 MB
SAMPLE = 3000  # patches from which the principal components are taken
# Distances computed at once by the exact search: 8 MB.
EXACT_CHUNK = 2_000_000
# By how much (1 = full range) a patch's mean colour may be moved when it is copied: far where both
# places are smooth (deviation of brightness below ``SMOOTH``), for there a step would show, and
# hardly where they are not, for there it would blur edges.
SMOOTH_BIAS, ROUGH_BIAS, SMOOTH = 0.12, 0.01, 0.025
CONFIDENCE = 6.0  # how much more a patch weighs that is almost wholly known

Pulse = Callable[[], None]


class Level:
    """A picture at one scale with its hole, and the nearest neighbour of every patch at the hole.

    Places are flat indices, ``y * width + x``, of a patch's centre. ``queries`` are the patches
    that touch the hole; ``neighbours[i]`` is where patch ``queries[i]`` is copied from, always
    among ``valid``: wholly known, wholly allowed and wholly inside the picture.

    Args:
        picture: height x width x channels, float; the hole's content may be anything. It is
            changed in place.
        hole: what is to be filled.
        allowed: what may be copied.
        radius: patches have ``2 * radius + 1`` px a side.
        components: how many principal components describe a patch.
        position: height x width x 2; features that make patches prefer others close to them.
        pulse: called often; may raise to stop.
    """

    def __init__(
        self,
        picture: Floats,
        hole: Mask,
        allowed: Mask,
        radius: int,
        components: int,
        rng: np.random.Generator,
        position: Floats,
        pulse: Pulse,
    ) -> None:
        self.picture, self.hole, self.radius = picture, hole, radius
        self.height, self.width = hole.shape
        self.rng, self.pulse, self._position = rng, pulse, position.reshape(-1, 2)
        self.usable = valid_centres(hole, allowed, radius)
        self.queried = (box_sum(hole, radius) > 0) & _inside(hole, radius)
        self.queries: Places = np.flatnonzero(self.queried)
        self.valid: Places = np.flatnonzero(self.usable)
        self._usable = self.usable.ravel()
        missing = box_sum(hole, radius).ravel()[self.queries] / (2 * radius + 1) ** 2
        self._confidence = (1 + CONFIDENCE * (1 - missing)).astype(np.float32)
        self._index = np.full(hole.size, -1, np.int32)
        self._index[self.queries] = np.arange(len(self.queries), dtype=np.int32)
        self.pulse()
        self._windows = sliding_window_view(picture, (2 * radius + 1,) * 2, (0, 1))
        self._learn_components(components)
        self.pulse()
        self._known = np.zeros((hole.size, self._basis.shape[1] + 2), np.float32)
        self._described = np.zeros(hole.size, np.bool_)
        self.neighbours: Places = np.zeros(len(self.queries), np.int64)
        self.distances: Floats = np.zeros(len(self.queries), np.float32)
        self._wanted: Floats = np.zeros((0, 0), np.float32)

    def _learn_components(self, components: int) -> None:
        places = self.valid
        if len(places) > SAMPLE:
            places = self.rng.choice(places, SAMPLE, replace=False)
        sample = self._patches(places).astype(np.float64)
        self._mean = sample.mean(0).astype(np.float32)
        sample -= self._mean
        _, vectors = np.linalg.eigh(sample.T @ sample)
        self._basis = np.ascontiguousarray(vectors[:, ::-1][:, :components]).astype(np.float32)

    def _patches(self, places: Places) -> Floats:
        y, x = np.divmod(places, self.width)
        patches: Floats = self._windows[y - self.radius, x - self.radius].reshape(len(places), -1)
        return patches

    def _describe(self, places: Places) -> Floats:
        """Return places x (components + 2)."""
        result = np.empty((len(places), self._basis.shape[1] + 2), np.float32)
        for at in range(0, len(places), CHUNK):
            self.pulse()
            patches = self._patches(places[at : at + CHUNK])
            result[at : at + CHUNK, :-2] = (patches - self._mean) @ self._basis
        result[:, -2:] = self._position[places]
        return result

    def _describe_known(self, places: Places) -> None:
        fresh = places[~self._described[places]]
        self._known[fresh] = self._describe(fresh)
        self._described[fresh] = True

    def begin(self, neighbours: Places) -> None:
        """Take neighbours from elsewhere; those that are not valid are thrown anew."""
        wrong = ~self._usable[neighbours]
        neighbours[wrong] = self.rng.choice(self.valid, int(wrong.sum()))
        self.neighbours = neighbours
        # What was thrown must not vote against what came from the coarser scale.
        self.distances = np.where(wrong, np.float32(50), np.float32(0))

    def search_exactly(self) -> None:
        """Compare every patch at the hole with every known one."""
        self._describe_known(self.valid)
        self._wanted = self._describe(self.queries)
        known = self._known[self.valid]
        lengths = np.einsum("ij,ij->i", known, known)
        step = max(1, EXACT_CHUNK // len(self.valid))
        for at in range(0, len(self.queries), step):
            self.pulse()
            scores = lengths - 2 * (self._wanted[at : at + step] @ known.T)
            self.neighbours[at : at + step] = self.valid[scores.argmin(1)]
        self.distances = self._compare(self.neighbours, self._wanted)

    def search(self, strides: tuple[int, ...], throws: int, reach: int, *, near: int = 0) -> None:
        """Improve the neighbours by propagation and random search (Barnes et al. 2009).

        All patches are improved at once, so good neighbours travel by ``strides`` instead of in
        scan order, as in jump flooding (Rong and Tan 2006).

        Args:
            strides: distances over which a neighbour is taken over (px).
            throws: how many random places are tried; the radius halves from ``reach`` px.
            near: when > 0 only known patches this close (px) to the present neighbours are
                compared, so the others need not be described.
        """
        if near:
            around = np.zeros(self.hole.size, np.bool_)
            around[self.neighbours] = True
            close = box_sum(around.reshape(self.hole.shape), near) > 0
            self._usable = (close & self.usable).ravel()
            self._describe_known(np.flatnonzero(self._usable))
        else:
            self._describe_known(self.valid)
        self._wanted = self._describe(self.queries)
        self.distances = self._compare(self.neighbours, self._wanted)
        y, x = np.divmod(self.queries, self.width)
        for stride in strides:
            for dy, dx in ((0, stride), (0, -stride), (stride, 0), (-stride, 0)):
                self._propagate(y, x, dy, dx)
        for _ in range(throws):
            shifts = self.rng.integers(-reach, reach + 1, (2, len(self.queries)))
            self._offer(*np.divmod(self.neighbours, self.width), shifts[0], shifts[1])
            reach = max(1, reach // 2)
        self._usable = self.usable.ravel()

    def _propagate(self, y: Places, x: Places, dy: int, dx: int) -> None:
        """Offer every patch the neighbour of the patch at (dy, dx) from it, moved back."""
        other = self._index[self._flat(y + dy, x + dx)]
        sy, sx = np.divmod(self.neighbours[other], self.width)
        self._offer(sy, sx, -dy, -dx, other >= 0)

    def _flat(self, y: Places, x: Places) -> Places:
        """Return flat places; one outside becomes place 0, a try as good as any other."""
        inside = (y >= 0) & (y < self.height) & (x >= 0) & (x < self.width)
        return np.where(inside, y * self.width + x, 0)

    def _offer(
        self,
        y: Places,
        x: Places,
        dy: Places | int,
        dx: Places | int,
        who: Mask | None = None,
    ) -> None:
        """Take (y + dy, x + dx) over wherever it is valid and nearer than what is there."""
        self.pulse()
        places = self._flat(y + dy, x + dx)
        fits = self._usable[places] & (places != self.neighbours)
        if who is not None:
            fits &= who
        which = np.flatnonzero(fits)
        places = places[which]
        distances = self._compare(places, self._wanted[which])
        nearer = distances < self.distances[which]
        which = which[nearer]
        self.neighbours[which] = places[nearer]
        self.distances[which] = distances[nearer]

    def _compare(self, places: Places, wanted: Floats) -> Floats:
        difference = self._known[places]
        difference -= wanted
        result: Floats = np.einsum("ij,ij->i", difference, difference)
        return result

    def misfit(self) -> float:
        """Return how badly the patches over the rim fit what is known around the hole.

        Inside, a thing that was copied whole always fits, also where it does not belong.
        """
        weights = self._confidence - 1
        return float((self.distances * weights).sum() / weights.sum().clip(1e-6))

    def vote(self, softness: float, radius: int | None = None) -> Floats:
        """Return the picture as the neighbours would have it, wherever a query patch covers it.

        Every patch votes for its pixels with the weight exp(-d / 2 s), where s is the third
        quartile of the distances times ``softness`` (Wexler et al. 2007, section 3.2). A patch is
        copied with its mean colour moved towards that of the place it goes to, so that a sky
        that is darker at its edges gives no blotches (Darabi et al., "Image Melding", 2012).
        Patches that see more of what is known weigh more: they lead its lines into the hole.

        Args:
            radius: how far from its centre a patch votes (px), about colours alone; None for all
                of it, about texture too.
        """
        spread = 2 * float(np.percentile(self.distances, 75)) * softness + 1e-7
        weights = np.exp(-self.distances / spread).astype(np.float32) + np.float32(1e-6)
        weights *= self._confidence
        bias = np.zeros((len(self.queries), 4), np.float32)
        bias[:, :3] = self._bias() * weights[:, None]
        colours = np.ones((self.hole.size, 4), np.float32)
        colours[:, :3] = self.picture[..., :3].reshape(-1, 3)
        reach = self.radius if radius is None else radius
        total = self._gathered(colours, weights, reach, bias)
        covered = np.flatnonzero(total[:, 3] > 0)
        result = self.picture.copy()
        flat = result.reshape(-1, result.shape[2])
        flat[covered, :3] = total[covered, :3] / total[covered, 3:]
        if radius is None and flat.shape[1] > 3:
            features = np.ascontiguousarray(flat[:, 3:])
            mixed = self._gathered(features, weights, reach)
            flat[covered, 3:] = mixed[covered] / total[covered, 3:]
        return result

    def _gathered(
        self, values: Floats, weights: Floats, radius: int, bias: Floats | None = None
    ) -> Floats:
        """Return for every pixel the weighted sum of what the patches over it copy there."""
        total = np.zeros_like(values)
        # A pixel's 8 or 16 bytes move as one number, which is three times as fast.
        whole = np.dtype(np.complex128 if values.shape[1] == 4 else np.complex64)
        source, target = values.view(whole).ravel(), total.view(whole).ravel()
        for dy in range(-radius, radius + 1):
            self.pulse()
            for dx in range(-radius, radius + 1):
                shift = dy * self.width + dx
                votes = source.take(self.neighbours + shift).view(np.float32)
                votes = votes.reshape(-1, values.shape[1])
                votes *= weights[:, None]
                if bias is not None:
                    votes += bias
                places = self.queries + shift
                votes += target.take(places).view(np.float32).reshape(votes.shape)
                target[places] = votes.view(whole).ravel()
        return total

    def _bias(self) -> Floats:
        """Return by how much each query's colours are moved when its neighbour is copied, x 3."""
        area = (2 * self.radius + 1) ** 2
        means = np.empty((self.hole.size, 3), np.float32)
        for channel in range(3):
            self.pulse()
            means[:, channel] = (box_sum(self.picture[..., channel], self.radius) / area).ravel()
        grey = self.picture[..., :3].mean(2)
        squares = (box_sum(grey * grey, self.radius) / area).ravel()
        variance = (squares - means.mean(1) ** 2).clip(0)
        roughness = np.maximum(variance[self.queries], variance[self.neighbours])
        limit = (ROUGH_BIAS + SMOOTH_BIAS / (1 + roughness / SMOOTH**2)).astype(np.float32)
        difference: Floats = means[self.queries] - means[self.neighbours]
        return difference.clip(-limit[:, None], limit[:, None])

    def fill(self, voted: Floats) -> None:
        """Put what was voted for into the hole."""
        self.picture[self.hole] = voted[self.hole]

    def dense(self) -> tuple[Places, Places]:
        """Return for every pixel at the hole the place (y, x) it is copied from; -1 elsewhere.

        At the picture's edge, where no patch is centred, the nearest patch decides.
        """
        self.pulse()
        field = np.zeros(self.hole.shape, np.int64)
        field.ravel()[self.queries] = self.neighbours
        y, x = np.mgrid[0 : self.height, 0 : self.width]
        cy = y.clip(self.radius, self.height - 1 - self.radius)
        cx = x.clip(self.radius, self.width - 1 - self.radius)
        sy, sx = np.divmod(field[cy, cx], self.width)
        here = self.queried[cy, cx]
        return np.where(here, sy + y - cy, -1), np.where(here, sx + x - cx, -1)


def _inside(hole: Mask, radius: int) -> Mask:
    """Where a patch lies wholly inside the picture."""
    inside = np.zeros_like(hole)
    height, width = hole.shape
    inside[radius : height - radius, radius : width - radius] = True
    return inside


def valid_centres(hole: Mask, allowed: Mask, radius: int) -> Mask:
    """Return where a patch is wholly known, wholly allowed and wholly inside the picture."""
    return np.asarray(box_sum(hole | ~allowed, radius) == 0) & _inside(hole, radius)
