"""Decides where every copy of every subject stands. Lengths are shares of the picture's height."""

from __future__ import annotations

import msgspec
import numpy as np
from msgspec import Struct

from plugins.storyboard.prompt import Link, Scene
from plugins.storyboard.sizes import FLAT_TOP, GROUND_KINDS, habitat_of, size_of

GAP = 0.035
MARGIN = 0.03
ATTACHED = ("on", "behind", "in front of", "above", "under", "in")


class Ground(Struct, frozen=True, kw_only=True):
    """The stage: where the ground begins and ends (y), the water's rows, None without."""

    horizon: float
    near: float = 0.93
    far: float = 0.66
    water: tuple[float, float] | None = None


class Item(Struct, frozen=True, kw_only=True):
    """One copy: middle x and bottom y, width and height; drawn by ascending ``depth``."""

    subject: int
    copy: int
    x: float
    y: float
    width: float
    height: float
    depth: float
    flip: bool = False
    stands: str = "ground"

    def moved(self, dx: float, dy: float) -> Item:
        """Return it elsewhere."""
        return msgspec.structs.replace(self, x=self.x + dx, y=self.y + dy)


Box = tuple[float, float, float, float]  # left, top, right, bottom


def box_of(items: list[Item]) -> Box:
    """Return the box around items."""
    return (
        min(i.x - i.width / 2 for i in items),
        min(i.y - i.height for i in items),
        max(i.x + i.width / 2 for i in items),
        max(i.y for i in items),
    )


class Layout:
    """Builds clusters of related subjects, orders them in lanes, and stands them on the ground."""

    def __init__(
        self,
        scene: Scene,
        aspects: list[float],
        ground: Ground,
        width: float,
        chance: np.random.Generator,
    ) -> None:
        self._scene = scene
        self._aspects = aspects  # width / height of every subject's drawing
        self._ground = ground
        self._width = width
        self._chance = chance
        self._links = [_turned(link, scene, scene.place) for link in scene.links]
        biggest = max((size_of(s) for s in scene.subjects), default=0.3)
        # A scene of small things only is seen from near.
        wanted = {1: 0.5, 2: 0.45, 3: 0.4}.get(len(scene.subjects), 0.36)
        self._zoom = float(np.clip((wanted / biggest) ** 0.6, 0.9, 2.0))

    def items(self) -> list[Item]:
        """Return every copy, farthest first."""
        clusters = self._clusters()
        lanes = self._lanes(clusters)
        free = [c for c in range(len(clusters)) if c not in lanes]
        placed = self._stand_in_lanes([clusters[c] for c in lanes])
        placed += self._hang([clusters[c] for c in free], placed)
        return sorted(placed, key=lambda item: (item.depth, item.y))

    # -- clusters ------------------------------------------------------------------------------

    def _root_of(self, index: int) -> int:
        for _ in range(len(self._scene.subjects)):
            link = next((k for k in self._links if k.first == index and self._joins(k)), None)
            if link is None:
                return index
            index = link.second
        return index

    def _joins(self, link: Link) -> bool:
        return link.relation in ATTACHED

    def _clusters(self) -> list[list[Item]]:
        roots = [self._root_of(i) for i in range(len(self._scene.subjects))]
        self._cluster_of: dict[int, int] = {}
        clusters = []
        for number, root in enumerate(dict.fromkeys(roots)):
            for index, its_root in enumerate(roots):
                if its_root == root:
                    self._cluster_of[index] = number
            clusters.append(self._grown(root))
        return clusters

    def _grown(self, root: int) -> list[Item]:
        """Return a root group at x 0, y 0 with everything that is attached to it, recursively."""
        items = self._group(root, self._size(root))
        done, queue = {root}, [root]
        while queue:
            base = queue.pop(0)
            side = 1.0 if self._chance.random() < 0.5 else -1.0
            for link in self._links:
                if link.second != base or link.first in done or not self._joins(link):
                    continue
                own = [item for item in items if item.subject == base]
                beside = [k.first for k in self._links
                          if (k.second, k.relation) == (base, link.relation)]  # fmt: skip
                slot = (beside.index(link.first), len(beside))
                items += self._attached(link, own, side, slot)
                side = -side
                done.add(link.first)
                queue.append(link.first)
        return items

    def _size(self, index: int) -> float:
        return size_of(self._scene.subjects[index]) * self._zoom

    def _group(self, index: int, size: float) -> list[Item]:
        """Return the copies of one subject around x 0: a row, or staggered rows."""
        subject, aspect = self._scene.subjects[index], self._aspects[index]
        count = subject.count
        if count > 3:
            size *= (3 / count) ** 0.3
        width = size * min(1.0, aspect)
        height = size * min(1.0, 1 / aspect)
        habitat = habitat_of(subject, self._scene.place)
        rows = 1 if count <= 4 else 2 if count <= 8 else 3
        per_row = -(-count // rows)
        items = []
        for copy in range(count):
            row, column = divmod(copy, per_row)
            in_row = min(per_row, count - row * per_row)
            jitter = self._chance.uniform(-1, 1, 3)
            scale = (1 + 0.07 * jitter[0] * (count > 1)) * (1 - 0.1 * row)
            step = width * (1.12 if rows == 1 else 1.3)
            x = (column - (in_row - 1) / 2 + 0.5 * (row % 2) * (in_row == per_row)) * step
            drop = -row * height * (0.72 if habitat == "ground" else 0.95)
            wave = 0.06 if habitat == "ground" else 0.3
            items.append(
                Item(
                    subject=index,
                    copy=copy,
                    x=x + 0.05 * width * jitter[1] * (count > 1),
                    y=drop + wave * height * jitter[2] * (count > 1),
                    width=width * scale,
                    height=height * scale,
                    depth=-row * 0.01,
                    flip=bool(self._chance.random() < 0.5) and count > 1,
                    stands=habitat,
                )
            )
        return items

    def _attached(
        self, link: Link, base: list[Item], side: float, slot: tuple[int, int]
    ) -> list[Item]:
        """Return the group of ``link.first`` placed relative to the group it belongs to."""
        subject = self._scene.subjects[link.second]
        target = base[len(base) // 2]
        left, top, right, bottom = box_of(base)
        size, depth = self._size(link.first), base[0].depth
        if link.relation in ("on", "in", "under"):
            size = min(size, (0.75 if link.relation != "under" else 0.42) * max(
                target.width, target.height
            ))  # fmt: skip
        if link.relation == "in":
            size = max(size, 0.7 * target.height)
        group = self._group(link.first, size)
        l2, _, r2, _ = box_of(group)
        number, of = slot
        room = target.width * 0.95 / of
        if link.relation == "on" and (len(group) > 1 or of > 1) and r2 - l2 > room:
            group = [_scaled(item, room / (r2 - l2)) for item in group]
            l2, _, r2, _ = box_of(group)
        match link.relation:
            case "on":
                word = subject.noun.word
                rest = FLAT_TOP.get(word, 0.08)
                x, y = target.x, target.y - target.height * (1 - rest)
                depth, stands = depth + 0.002, "on"
            case "above":
                x, y, stands = target.x, top - 0.05, "air"
                depth -= 0.001
            case "under":
                x, y, depth, stands = target.x, bottom + 0.012, depth + 0.02, "ground"
            case "in":
                x, y = target.x, target.y - target.height * 0.42
                depth, stands = depth - 0.002, "on"
            case "behind":
                reach = (right - left) / 2 + (r2 - l2) * 0.12
                x, y = (left + right) / 2 + side * reach, bottom - 0.055
                depth, stands = depth - 0.05, "ground"
            case _:
                reach = (right - left) / 2 * 0.55
                x, y = (left + right) / 2 - side * reach, bottom + 0.075
                depth, stands = depth + 0.05, "ground"
        if link.relation in ("on", "in", "above", "under"):
            x += (number - (of - 1) / 2) * max(room, 0.6 * (r2 - l2) * (of > 1))
        return [
            msgspec.structs.replace(
                item, x=item.x + x, y=item.y + y, depth=item.depth + depth, stands=stands
            )
            for item in group
        ]

    # -- lanes ---------------------------------------------------------------------------------

    def _lanes(self, clusters: list[list[Item]]) -> list[int]:
        """Return the clusters that stand side by side, from left to right."""
        edges, pinned = set[tuple[int, int]](), set[int]()
        for link in self._links:
            if self._joins(link):
                continue
            a, b = self._cluster_of[link.first], self._cluster_of[link.second]
            c = self._cluster_of.get(link.third, -1)
            pinned |= {a, b} | ({c} if c >= 0 else set())
            if link.relation == "left of":
                edges.add((a, b))
            elif link.relation == "right of":
                edges.add((b, a))
            elif link.relation == "between" and c >= 0:
                edges |= {(b, a), (a, c)}
        hanging = {
            c for c, items in enumerate(clusters) if items[0].stands == "sky" and c not in pinned
        }
        wanted = [c for c in range(len(clusters)) if c not in hanging]
        if not edges and len(wanted) > 2:
            wanted = wanted[1::2] + wanted[0::2][::-1]  # the first named near the middle
            wanted = _neighbours(wanted, self._links, self._cluster_of)
        return _sorted_by(wanted, edges)

    def _stand_in_lanes(self, clusters: list[list[Item]]) -> list[Item]:
        if not clusters:
            return []
        stood = [self._on_ground(cluster) for cluster in clusters]
        room = self._width - 2 * MARGIN - GAP * (len(stood) - 1)
        total = sum(_wide(cluster) for cluster in stood)
        if total > room:
            stood = [_shrunk(cluster, room / total) for cluster in stood]
            total = room
        slack = room - total
        gap = min(slack / (len(stood) + 1), 0.16 * self._width) + GAP
        used = total + gap * (len(stood) - 1)
        start = (self._width - used) / 2 + float(self._chance.uniform(-0.35, 0.35)) * min(
            (self._width - used) / 2 - MARGIN, 0.3
        )
        placed = []
        for cluster in stood:
            left, top, right, _ = box_of(cluster)
            down = max(0.0, 0.025 - top)
            placed += [item.moved(start - left, down) for item in cluster]
            start += right - left + gap
        return placed

    def _on_ground(self, cluster: list[Item]) -> list[Item]:
        """Give a cluster its row, its size there, and a height that fits above it."""
        root, ground = cluster[0], self._ground
        subject = self._scene.subjects[root.subject]
        wobble = float(self._chance.uniform(-1, 1))
        if root.stands == "water" and ground.water is not None:
            y = ground.water[0] + (0.62 + 0.22 * wobble) * (ground.water[1] - ground.water[0])
        elif root.stands in ("air", "sky", "water"):
            _, top, _, _ = box_of(cluster)
            high = ground.horizon * (0.72 if root.stands == "sky" else 0.95)
            if ground.horizon > 0.95:
                high = 0.5 - top / 2 + 0.12 * wobble
            y = float(np.clip(high + 0.06 * wobble, -top + 0.05, 0.9))
        else:
            tall = max(root.width, root.height)
            back = 0.3 if subject.noun.kind in GROUND_KINDS else 0.62 if tall > 0.26 else 0.8
            back = float(np.clip(back + 0.14 * wobble, 0.05, 1))
            if subject.noun.word == "mountain":
                back = 0.0
            y = ground.far + back * (ground.near - ground.far)
            nearness = (y - ground.far) / max(0.01, ground.near - ground.far)
            cluster = [_scaled(item, 0.84 + 0.2 * nearness) for item in cluster]
        _, top, _, bottom = box_of(cluster)
        y -= max(0.0, bottom - 0.0 - (0.985 - y))
        if y + top < 0.03:
            cluster = _shrunk(cluster, max(0.2, (y - 0.03) / -top))
        return [
            msgspec.structs.replace(item, y=item.y + y, depth=item.depth + y) for item in cluster
        ]

    def _hang(self, clusters: list[list[Item]], placed: list[Item]) -> list[Item]:
        """Place what belongs into the sky where the least is in its way."""
        hung: list[Item] = []
        for cluster in clusters:
            left, top, right, bottom = box_of(cluster)
            wide, tall = right - left, bottom - top
            ceiling = min(self._ground.horizon, 0.98)
            cluster = _shrunk(cluster, min(1.0, (self._width - 0.1) / wide, ceiling * 0.9 / tall))
            left, top, right, bottom = box_of(cluster)
            wide, tall = right - left, bottom - top
            best, best_cost = (self._width / 2, 0.05 + tall), float("inf")
            for x in np.linspace(0.05 + wide / 2, self._width - 0.05 - wide / 2, 15):
                for y in np.linspace(0.05 + tall, max(0.06 + tall, ceiling * 0.8), 5):
                    spot = (x - wide / 2, y - tall, x + wide / 2, y)
                    cost = sum(_overlap(spot, box_of([o])) for o in placed + hung) / (wide * tall)
                    third = min(abs(x / self._width - 0.25), abs(x / self._width - 0.75))
                    cost += 0.25 * third + 0.2 * y + 0.12 * float(self._chance.random())
                    if cost < best_cost:
                        best, best_cost = (float(x), float(y)), cost
            dx, dy = best[0] - (left + right) / 2, best[1] - bottom
            hung += [
                msgspec.structs.replace(item, x=item.x + dx, y=item.y + dy, depth=item.depth - 1)
                for item in cluster
            ]
        return hung


def _turned(link: Link, scene: Scene, place: str) -> Link:
    """ "a cat under the moon" is built as "the moon above the cat"."""
    other = habitat_of(scene.subjects[link.second], place)
    if link.relation == "under" and other in ("sky", "air"):
        return Link(first=link.second, relation="above", second=link.first)
    return link


def _neighbours(order: list[int], links: list[Link], cluster_of: dict[int, int]) -> list[int]:
    """Move clusters that are "next to" each other side by side."""
    for link in links:
        a, b = cluster_of[link.first], cluster_of[link.second]
        if link.relation == "next to" and a != b and a in order and b in order:
            order.remove(a)
            order.insert(order.index(b) + 1, a)
    return order


def _sorted_by(order: list[int], edges: set[tuple[int, int]]) -> list[int]:
    """Topological sort that keeps the given order where it may; contradictions are left as said."""
    result, left = [], list(order)
    while left:
        free = [c for c in left if not any(b == c and a in left for a, b in edges)]
        chosen = free[0] if free else left[0]
        result.append(chosen)
        left.remove(chosen)
    return result


def _scaled(item: Item, factor: float) -> Item:
    return msgspec.structs.replace(
        item,
        x=item.x * factor,
        y=item.y * factor,
        width=item.width * factor,
        height=item.height * factor,
    )


def _shrunk(cluster: list[Item], factor: float) -> list[Item]:
    """Scale a cluster about the middle of its root's foot."""
    x, y = cluster[0].x, cluster[0].y
    return [_scaled(item.moved(-x, -y), factor).moved(x, y) for item in cluster]


def _wide(cluster: list[Item]) -> float:
    left, _, right, _ = box_of(cluster)
    return right - left


def _overlap(a: Box, b: Box) -> float:
    return max(0.0, min(a[2], b[2]) - max(a[0], b[0])) * max(0.0, min(a[3], b[3]) - max(a[1], b[1]))
