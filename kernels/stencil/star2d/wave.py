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

from typing import Any, NamedTuple

from numba import njit, prange, types
from numpy.typing import NDArray

from kernels.stencil.star2d.layout import BLOCK, LINE_B
from kernels.stencil.star2d.row import DEEPEST, increase_lines, update_vectors

Array = NDArray[Any]


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
def update_points(
    out: Array, ring: Array, slots: Any, weights: Array, first: Any, last: Any, shift: Any
) -> None:
    """Columns first to last-1 of a row of out, one by one; in the ring they lie ``shift`` lower."""
    for x in range(first, last):
        c = x - shift
        total = weights[0]
        for k in range(1, weights.size + 1):
            along = (ring[slots[DEEPEST], c + k] - ring[slots[DEEPEST], c - k]) + (
                ring[slots[DEEPEST + k], c] - ring[slots[DEEPEST - k], c]
            )
            term = weights[k - 1] * along
            total = total + term if k > 1 else term
        out[x] += total


@njit(cache=True, error_model="numpy")
def update_lines(radius: int, one: Any, out: Any, rows: Any, to: Any, vectors: Any) -> None:
    """As `update_vectors`, whose radius is known when it is compiled."""
    if radius == 1:
        update_vectors(1, one, out, rows, to, vectors)
    elif radius == 2:
        update_vectors(2, one, out, rows, to, vectors)
    elif radius == 3:
        update_vectors(3, one, out, rows, to, vectors)
    else:
        update_vectors(4, one, out, rows, to, vectors)


@njit(cache=True, error_model="numpy")
def around(slot: int, size: int) -> int:
    """A slot of the ring, of one that is at most a round too low or too high."""
    if slot >= size:
        return slot - size
    return slot + size if slot < 0 else slot


@njit(cache=True, error_model="numpy")
def slots_of(slot: Any, size: Any) -> Any:
    """Where the rows from 4 below to 4 above a slot of the ring lie."""
    return (
        around(slot - 4, size),
        around(slot - 3, size),
        around(slot - 2, size),
        around(slot - 1, size),
        slot,
        around(slot + 1, size),
        around(slot + 2, size),
        around(slot + 3, size),
        around(slot + 4, size),
    )


@njit(cache=True, error_model="numpy")
def addresses(base: Any, row_B: Any, slots: Any) -> Any:
    """Of nine rows of the ring."""
    s0, s1, s2, s3, s4, s5, s6, s7, s8 = slots
    return (
        base + s0 * row_B,
        base + s1 * row_B,
        base + s2 * row_B,
        base + s3 * row_B,
        base + s4 * row_B,
        base + s5 * row_B,
        base + s6 * row_B,
        base + s7 * row_B,
        base + s8 * row_B,
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
def update_row(
    out: Array, ring: Array, slot: Any, weights: Array, to: Any, tile: Tile
) -> tuple[int, int]:
    """Update the row of out at a slot, and increase whole lines of the lowest row that it reads.

    out : (stride,). to : address at which the increased row begins, its margin included. Returns
    the lines that were increased, the first and the one past the last.
    """
    margin = LINE_B // ring.itemsize
    shift = tile.first - margin
    slots = slots_of(slot, ring.shape[0] - 1)
    update_points(out, ring, slots, weights, tile.left, tile.head, shift)
    update_points(out, ring, slots, weights, tile.tail, tile.right, shift)
    line, vectors = (tile.head - shift) // margin, (tile.tail - tile.head) // margin
    if vectors > 0:
        update_lines(
            weights.size,
            weights.dtype.type(1),
            out.ctypes.data + tile.head * out.itemsize,
            addresses(ring.ctypes.data + line * LINE_B, ring.strides[0], slots),
            to + line * LINE_B,
            vectors,
        )
    return line, line + max(vectors, 0)


@njit(cache=True, error_model="numpy")
def iterate_row(
    u: Array, out: Array, ring: Array, weights: Array, row: Any, active: Any, last: Any, tile: Tile
) -> None:
    """One iteration of a row, and the increment of the lowest row that it reads.

    active : the row has all its neighbours. last : this is the last iteration of the pass.
    """
    size, row_B, margin = ring.shape[0] - 1, ring.strides[0], LINE_B // ring.itemsize
    slot, lowest = (row - tile.low) % size, row - weights.size
    source = ring.ctypes.data + around(slot - weights.size, size) * row_B
    own_lines = (tile.last - tile.first + margin - 1) // margin
    own = tile.start <= lowest < tile.stop
    to, begin, end = source, 0, own_lines + 2
    if last:
        begin, end = 1, own_lines + 1
        to = ring.ctypes.data + size * row_B
        if own:
            to = u.ctypes.data + lowest * u.strides[0] + tile.first * u.itemsize - LINE_B
    done = begin, begin
    if active:
        done = update_row(out[row], ring, slot, weights, to, tile)
    if own or not last:
        one, high = weights.dtype.type(1), done[1]
        increase_lines(one, to + begin * LINE_B, source + begin * LINE_B, done[0] - begin)
        increase_lines(one, to + high * LINE_B, source + high * LINE_B, end - high)


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
            row = y - radius - 2 * radius * t
            for c in range(max(row, tile.low + radius), min(row + BLOCK, tile.high + radius)):
                last = t == frame.depth - 1
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
