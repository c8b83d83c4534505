"""Several iterations in one pass through memory: a wavefront along y in tiles of x.

An iteration adds the stencil of ``in`` to ``out`` and then 1 to every point of ``in``. In a tile,
iteration t follows iteration t-1 at a distance of 2 r rows:

    for y in rows:                      copy row y of in, as it is, into the ring
        for t in 0, ..., depth-1:       c = y - r - 2 r t
            row c of out += stencil of rows c-r to c+r
            row c-r of in += 1

Row c-r may be increased there, since the stencil of row c is the last one of iteration t that reads
it. And iteration t+1, whose turn is next, finds what it needs: it reads rows c-3r to c-r, of which
the last has just got its increment number t+1, and of which the first gets its next one only when
it has been read. So iteration t reads rows with t increments, no more and no fewer, and every point
of ``out`` gets its iterations in order, whatever the depth: that is why the results have the same
bits. A row stays in the ring until the last iteration of the pass has increased it and written it
back to ``in``: 2 r depth + 1 rows. All of it goes on in blocks of a few rows at a time, which an
iteration finds in the first-level cache; their order within an iteration is the same.

Tiles and strips overlap by what the stencil reads beyond them. ``in`` changes at each point by
itself, so that it is enough to copy those rows and columns before anybody increases them, and to
increase the copies too: the rows beside a strip (``borders``), the last line of the tile before
(``edges``), and the line after a tile, which is still untouched. Strips need no other order then.
With a stencil that feeds back into ``in`` the overlap would have to grow with every iteration.
Each point of ``in`` and ``out`` is written by the one tile that owns it.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from numba import njit, prange, types
from numpy.typing import NDArray

from kernels.stencil.star2d.layout import BLOCK, LINE_B
from kernels.stencil.star2d.row import increase_lines, update_rows

Array = NDArray[Any]

TOGETHER: Final = 2
"""Rows updated in one loop, which read each other from registers; 1 and 4 were slower."""


class Frame(NamedTuple):
    """Where the points of a block lie in its arrays; each range without its end."""

    row_begin: int  # rows that there are, with the halo where it is another rank's
    row_end: int
    begin: int  # own columns
    end: int
    low: int  # rows that have all their neighbours
    high: int
    left: int  # columns that have all their neighbours
    right: int
    depth: int  # iterations of this pass
    strip_begin: int  # strips that are done
    strip_end: int


class Tile(NamedTuple):
    """One tile of one strip."""

    low: int  # rows that are copied, the first and the one past the last
    high: int
    start: int  # rows of the strip
    stop: int
    first: int  # columns of the tile
    last: int
    left: int  # active columns: one by one up to ``head``, in vectors up to ``tail``
    head: int
    tail: int
    right: int


FRAME: Any = types.NamedUniTuple(types.int64, len(Frame._fields), Frame)  # type: ignore[no-untyped-call]


@njit(cache=True, error_model="numpy")
def copy(to: Array, source: Array) -> None:
    """Compute to = source."""
    for i in range(to.size):
        to[i] = source[i]


@njit(cache=True, error_model="numpy")
def update_one(radius: int, one: Any, out: Any, rows: Any, to: Any, vectors: Any) -> None:
    """As `update_rows` of one row, whose radius is known when it is compiled."""
    if radius == 1:
        update_rows(1, 1, one, out, rows, to, vectors)
    elif radius == 2:
        update_rows(2, 1, one, out, rows, to, vectors)
    elif radius == 3:
        update_rows(3, 1, one, out, rows, to, vectors)
    else:
        update_rows(4, 1, one, out, rows, to, vectors)


@njit(cache=True, error_model="numpy")
def update_some(radius: int, one: Any, out: Any, rows: Any, to: Any, vectors: Any) -> None:
    """As `update_one`, of `TOGETHER` rows; with ``to`` = (0, 0) the lowest rows stay in place."""
    in_place = to[0] == 0
    if radius == 1 and in_place:
        update_rows(1, TOGETHER, one, out, rows, 0, vectors)
    elif radius == 1:
        update_rows(1, TOGETHER, one, out, rows, to, vectors)
    elif radius == 2 and in_place:
        update_rows(2, TOGETHER, one, out, rows, 0, vectors)
    elif radius == 2:
        update_rows(2, TOGETHER, one, out, rows, to, vectors)
    elif radius == 3 and in_place:
        update_rows(3, TOGETHER, one, out, rows, 0, vectors)
    elif radius == 3:
        update_rows(3, TOGETHER, one, out, rows, to, vectors)
    elif in_place:
        update_rows(4, TOGETHER, one, out, rows, 0, vectors)
    else:
        update_rows(4, TOGETHER, one, out, rows, to, vectors)


@njit(cache=True, error_model="numpy")
def around(slot: int, size: int) -> int:
    """A slot of the ring, of one that is at most a round too low or too high."""
    if slot >= size:
        return slot - size
    return slot + size if slot < 0 else slot


@njit(cache=True, error_model="numpy")
def update_points(
    out: Array, ring: Array, slot: Any, weights: Array, first: Any, last: Any, shift: Any
) -> None:
    """Columns first to last-1 of a row of out, one by one; in the ring they lie ``shift`` lower."""
    size = ring.shape[0] - 1
    for x in range(first, last):
        c = x - shift
        total = weights[0]
        for k in range(1, weights.size + 1):
            along_x = ring[slot, c + k] - ring[slot, c - k]
            along_y = ring[around(slot + k, size), c] - ring[around(slot - k, size), c]
            term = weights[k - 1] * (along_x + along_y)
            total = total + term if k > 1 else term
        out[x] += total


@njit(cache=True, error_model="numpy")
def addresses(ring: Array, slot: Any, line: Any) -> Any:
    """Of a line in the rows from 4 below to 7 above a slot of the ring."""
    base, row_B, size = ring.ctypes.data + line * LINE_B, ring.strides[0], ring.shape[0] - 1
    return (
        base + around(slot - 4, size) * row_B,
        base + around(slot - 3, size) * row_B,
        base + around(slot - 2, size) * row_B,
        base + around(slot - 1, size) * row_B,
        base + slot * row_B,
        base + around(slot + 1, size) * row_B,
        base + around(slot + 2, size) * row_B,
        base + around(slot + 3, size) * row_B,
        base + around(slot + 4, size) * row_B,
        base + around(slot + 5, size) * row_B,
        base + around(slot + 6, size) * row_B,
        base + around(slot + 7, size) * row_B,
    )


@njit(cache=True, error_model="numpy")
def fetch(
    row: Array, source: Array, edge: Array, first: Any, last: Any, begin: Any, end: Any
) -> None:
    """Copy columns first to last-1 of a row of in, and a line on both sides, into the ring.

    edge : (margin,), the columns before ``first`` unless they are those beside the block, and
    afterwards those before ``last``, for the next tile.
    """
    margin = edge.size
    copy(row[margin : 2 * margin + last - first], source[first : last + margin])
    if first == begin:
        copy(row[:margin], source[first - margin : first])
    else:
        copy(row[:margin], edge)
    if last < end:
        copy(edge, source[last - margin : last])


@njit(cache=True, error_model="numpy")
def increase_rest(to: Any, source: Any, lines: Any, done: Any, one: Any) -> None:
    """Increase the lines of a row but those that are done.

    lines, done : the first and the one past the last.
    """
    after = done[1] * LINE_B
    before = lines[0] * LINE_B
    increase_lines(one, to + before, source + before, done[0] - lines[0])
    increase_lines(one, to + after, source + after, lines[1] - done[1])


@njit(cache=True, error_model="numpy")
def iterate_row(
    u: Array, out: Array, ring: Array, weights: Array, row: Any, active: Any, last: Any, tile: Tile
) -> None:
    """One iteration of a row, and the increment of the lowest row that it reads.

    active : the row has all its neighbours. last : this is the last iteration of the pass.
    """
    size, row_B, margin = ring.shape[0] - 1, ring.strides[0], LINE_B // ring.itemsize
    one, shift = weights.dtype.type(1), tile.first - margin
    slot, lowest = (row - tile.low) % size, row - weights.size
    source = ring.ctypes.data + around(slot - weights.size, size) * row_B
    own_lines = (tile.last - shift - 1) // margin
    own = tile.start <= lowest < tile.stop
    to, lines = source, (0, own_lines + 2)
    if last:
        lines = (1, own_lines + 1)
        to = ring.ctypes.data + size * row_B
        if own:
            to = u.ctypes.data + lowest * u.strides[0] + shift * u.itemsize
    done = lines[0], lines[0]
    if active:
        update_points(out[row], ring, slot, weights, tile.left, tile.head, shift)
        update_points(out[row], ring, slot, weights, tile.tail, tile.right, shift)
        line, vectors = (tile.head - shift) // margin, (tile.tail - tile.head) // margin
        if vectors > 0:
            at = out.ctypes.data + row * out.strides[0] + tile.head * out.itemsize
            here = addresses(ring, slot, line)
            update_one(weights.size, one, (at, 0), here, (to + line * LINE_B, 0), vectors)
            done = line, line + vectors
    if own or not last:
        increase_rest(to, source, lines, done, one)


@njit(cache=True, error_model="numpy")
def iterate_block(
    u: Array, out: Array, ring: Array, weights: Array, row: Any, last: Any, tile: Tile
) -> None:
    """As `iterate_row`, a block of active rows of which the lowest ones are the strip's own.

    Before the last iteration these may also be rows beside the strip.
    """
    size, row_B, margin = ring.shape[0] - 1, ring.strides[0], LINE_B // ring.itemsize
    one, shift, radius = weights.dtype.type(1), tile.first - margin, weights.size
    slot = (row - tile.low) % size
    line, vectors = (tile.head - shift) // margin, (tile.tail - tile.head) // margin
    for i in range(BLOCK):
        here = around(slot + i, size)
        update_points(out[row + i], ring, here, weights, tile.left, tile.head, shift)
        update_points(out[row + i], ring, here, weights, tile.tail, tile.right, shift)
    at = out.ctypes.data + row * out.strides[0] + tile.head * out.itemsize
    to = u.ctypes.data + (row - radius) * u.strides[0] + shift * u.itemsize
    for i in range(0, BLOCK, TOGETHER):
        rows = addresses(ring, around(slot + i, size), line)
        target = (to + i * u.strides[0] + line * LINE_B, u.strides[0]) if last else (0, 0)
        update_some(radius, one, (at + i * out.strides[0], out.strides[0]), rows, target, vectors)
    own_lines = (tile.last - shift - 1) // margin
    lines = (1, own_lines + 1) if last else (0, own_lines + 2)
    for i in range(BLOCK):
        source = ring.ctypes.data + around(slot + i - radius, size) * row_B
        goal = to + i * u.strides[0] if last else source
        increase_rest(goal, source, lines, (line, line + vectors), one)


@njit(cache=True, error_model="numpy")
def pass_tile(
    u: Array,
    out: Array,
    beside: Any,
    edges: Array,
    ring: Array,
    weights: Array,
    tile: Tile,
    frame: Frame,
) -> None:
    """All iterations of a tile. beside : the rows below and above the strip, (r, stride) each."""
    radius, size = weights.size, ring.shape[0] - 1
    low, high = max(tile.start, frame.low), min(tile.stop, frame.high)
    some = tile.left < tile.right
    for y in range(tile.low, tile.high + 2 * radius * frame.depth, BLOCK):
        for row in range(y, min(y + BLOCK, tile.high)):
            source = u[row]
            if row < tile.start:
                source = beside[0][row - tile.start + radius]
            elif row >= tile.stop:
                source = beside[1][row - tile.stop]
            at = row - tile.low
            fetch(ring[at % size], source, edges[at], tile.first, tile.last, frame.begin, frame.end)
        for t in range(frame.depth):
            row, last = y - radius - 2 * radius * t, t == frame.depth - 1
            lowest = tile.start if last else tile.low
            whole = low <= row <= high - BLOCK and lowest <= row - radius <= tile.stop - BLOCK
            if whole and tile.head < tile.tail:
                iterate_block(u, out, ring, weights, row, last, tile)
                continue
            for c in range(max(row, tile.low + radius), min(row + BLOCK, tile.high + radius)):
                iterate_row(u, out, ring, weights, c, some and low <= c < high, last, tile)


@njit(cache=True, error_model="numpy")
def tile_of(rows: Any, first: Any, last: Any, margin: Any, frame: Frame) -> Tile:
    """The tile of these columns in a strip of rows start to stop-1, with low to high-1 around."""
    low, high, start, stop = rows
    left, right = max(first, frame.left), min(last, frame.right)
    head = min((left + margin - 1) // margin * margin, max(left, right))
    tail = head + max(right - head, 0) // margin * margin
    return Tile(low, high, start, stop, first, last, left, head, tail, right)


def _signature(real: Any) -> Any:
    field, weights = types.Array(real, 2, "C"), types.Array(real, 1, "C")
    ring, borders = types.Array(real, 3, "C"), types.Array(real, 4, "C")
    cuts = types.Array(types.int64, 1, "C")
    return types.void(field, field, borders, field, ring, weights, cuts, FRAME)


@njit(
    [_signature(types.float64), _signature(types.float32)],
    parallel=True,
    cache=True,
    error_model="numpy",
)
def advance(
    u: Array,
    out: Array,
    borders: Array,
    edges: Array,
    rings: Array,
    weights: Array,
    cuts: Array,
    frame: Frame,
) -> None:
    """The iterations of a pass in some of the strips, which begin at ``cuts``; a thread for each.

    u, out : (rows + 2 r, stride), in and out. The rows beside the cuts were kept in ``borders``.
    """
    radius, margin = weights.size, edges.shape[1]
    width = rings.shape[2] - 2 * margin
    for strip in prange(frame.strip_begin, frame.strip_end):
        start, stop = cuts[strip], cuts[strip + 1]
        below, above = borders[strip, 0], borders[strip, 1]
        if strip == 0:
            below = u[start - radius : start]
        if strip == cuts.size - 2:
            above = u[stop : stop + radius]
        low, high = max(start - radius, frame.row_begin), min(stop + radius, frame.row_end)
        kept = edges[low + 2 * radius * strip :]
        for first in range(frame.begin, frame.end, width):
            last = min(first + width, frame.end)
            tile = tile_of((low, high, start, stop), first, last, margin, frame)
            pass_tile(u, out, (below, above), kept, rings[strip], weights, tile, frame)


@njit(
    ["void(f8[:,::1], f8[:,:,:,::1], i8[::1])", "void(f4[:,::1], f4[:,:,:,::1], i8[::1])"],
    parallel=True,
    cache=True,
    error_model="numpy",
)
def keep_borders(u: Array, borders: Array, cuts: Array) -> None:
    """Copy the rows below and above each cut between two strips, before they are increased."""
    strips, _, radius, _ = borders.shape
    for i in prange((strips - 1) * radius):
        strip, row = i // radius, i % radius
        cut = cuts[strip + 1]
        copy(borders[strip, 1, row], u[cut + row])
        copy(borders[strip + 1, 0, row], u[cut - radius + row])
