"""The rows of a matrix with the highest cosines: exact, for one query or many, holding one number a row beside the matrix.

A product in single precision finds the rows that may be among the nearest, with a bound on its rounding that no order of summing
exceeds; these few alone are scored in double precision. So the answer is that of double precision throughout, whatever library,
processor or number of threads made the product, at the cost of reading the matrix once.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from embedseq.errors import InputError

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

DECIMALS = 12
"""Cosines are rounded to so many: double precision knows no more, and cosines that differ by less count as equal."""
_QUERIES = 256
_SCORES = 1 << 20  # approximate scores at a time, 4 MB: small enough for a processor's cache
_BLOCK = 64  # scores of which only the highest is looked at, unless it is high enough
_MOST = 1 << 20  # candidates at a time; beyond, so many rows are alike that the product separates nothing
_SCORED = 4096  # rows in double precision at a time
_SMALLEST, _LARGEST = 1e-30, 1e30  # norms within which products in single precision neither vanish nor overflow


@dataclass(frozen=True)
class Nearest:
    """The rows nearest to one query, the nearest first; rows of one cosine in the order of the matrix."""

    rows: Ints
    """(K,)"""
    cosines: Doubles
    """(K,), rounded to twelve decimals; 0 where a vector is zero."""


@dataclass(frozen=True)
class _Candidates:
    """What may be among the nearest: the row `rows[i]` of the query `queries[i]`."""

    queries: Ints
    rows: Ints
    scores: Floats

    def where(self, chosen: Bools) -> "_Candidates":
        return _Candidates(self.queries[chosen], self.rows[chosen], self.scores[chosen])


class _TooManyError(Exception):
    """More candidates than memory should hold."""


class NearestRows:
    """Searches the rows of `matrix` (N, D) in float32, which is neither copied nor changed, and may be a mapped file."""

    def __init__(self, matrix: Floats) -> None:
        self.matrix = matrix

    def of(self, queries: Floats, top: int, without: Ints | None = None) -> list[Nearest]:
        """The `top` nearest rows of each of `queries` (B, D); `without` (B,) names a row for each that is no answer to it."""
        return [
            found
            for start in range(0, len(queries), _QUERIES)
            for found in self._of_some(
                queries[start : start + _QUERIES], top, None if without is None else without[start : start + _QUERIES]
            )
        ]

    def cosines(self, query: Floats, rows: Ints) -> Doubles:
        """The cosines (K,) of `query` (D,) with some rows."""
        return self._scored(query[None], np.zeros(len(rows), dtype=np.int64), rows)

    def best(self, query: Floats, rows: Ints, top: int) -> Nearest:
        """The `top` nearest of `rows` (K,), each of them given once."""
        return _ordered(rows, self.cosines(query, rows), top)

    @property
    def margin(self) -> float:
        """By how much two approximate cosines may stand in the wrong order.

        A dot product of length D in single precision errs by at most D u |x| |y|, u = 2^-24 (Higham 2002, section 3.1), whatever
        the order of its sums; a few u more for the rounded query, norm and product.
        """
        return float((self.matrix.shape[1] + 8) * np.finfo(np.float32).eps)

    @property
    def inverse_norms(self) -> Floats:
        """One over the norm of each row, (N,); 0 for rows of zeros and for those outside of what single precision can multiply.

        Raises InputError where a row holds what is no finite number.
        """
        return self._scales[0]

    @property
    def extreme_rows(self) -> Ints:
        """Rows that are so long or short that they are always scored in double precision; empty for any sane table."""
        return self._scales[1]

    @cached_property
    def _scales(self) -> tuple[Floats, Ints]:
        """Both of them, of which one reading of the matrix tells."""
        norms = self._norms()
        usable = (norms >= _SMALLEST) & (norms <= _LARGEST)
        inverse = np.divide(1, norms, out=np.zeros(len(norms)), where=usable).astype(np.float32)
        return inverse, np.flatnonzero((norms > 0) & ~usable)

    def _norms(self) -> Doubles:
        norms = np.empty(len(self.matrix))
        for start in range(0, len(norms), _SCORED):
            norms[start : start + _SCORED] = lengths(self.matrix[start : start + _SCORED])
        if not np.isfinite(norms).all():
            row = int(np.flatnonzero(~np.isfinite(norms))[0])
            raise InputError(f"the vectors cannot be compared: row {row:,} holds what is no finite number. Train them again.")
        return norms

    def _of_some(self, queries: Floats, top: int, without: Ints | None) -> list[Nearest]:
        wanted = min(top + (without is not None), len(self.matrix))
        try:
            found = self._candidates(queries, wanted)
        except _TooManyError:
            if len(queries) == 1:
                return [self._scan(queries[0], top, None if without is None else int(without[0]))]
            halves = np.array_split(np.arange(len(queries)), 2)
            return [
                nearest
                for half in halves
                for nearest in self._of_some(queries[half], top, None if without is None else without[half])
            ]
        if without is not None:
            found = found.where(found.rows != without[found.queries])
        cosines = self._scored(queries, found.queries, found.rows)
        order = np.argsort(found.queries, kind="stable")
        ends = np.searchsorted(found.queries[order], np.arange(len(queries) + 1))
        parts = (order[start:end] for start, end in itertools.pairwise(ends))
        return [_ordered(found.rows[part], cosines[part], top) for part in parts]

    def _candidates(self, queries: Floats, wanted: int) -> _Candidates:
        """Rows among which the `wanted` nearest of each query are. Raises _TooManyError."""
        doubles = queries.astype(np.float64)
        norms = lengths(queries)[:, None]
        unit = np.divide(doubles, norms, out=np.zeros_like(doubles), where=norms > 0).astype(np.float32)
        if not norms.all():  # all rows are equally near to a vector of zeros
            raise _TooManyError
        best = np.full((len(queries), wanted), -np.inf, dtype=np.float32)
        kept: list[_Candidates] = []
        count = 0
        for start, scores in self._approximate(unit):
            width = max(1, min(_BLOCK, scores.shape[1] // (4 * wanted)))
            highest = np.maximum.reduceat(scores, np.arange(0, scores.shape[1], width), axis=1)
            # The highest of different blocks belong to different rows, so the last of the best is no higher than the true one.
            best = np.partition(np.concatenate((best, highest), axis=1), -wanted, axis=1)[:, -wanted:]
            kept.append(_within(scores, highest, width, best[:, 0] - self.margin, start))
            count += len(kept[-1].rows)
            if count > _MOST:
                kept = [_above(_joined(kept), best[:, 0] - self.margin)]
                count = len(kept[0].rows)
                if count > _MOST // 2:
                    raise _TooManyError
        found = _above(_joined(kept), best[:, 0] - self.margin)
        return self._with_extremes(found, len(queries)) if len(self.extreme_rows) else found

    def _approximate(self, unit: Floats) -> Iterator[tuple[int, Floats]]:
        """Pieces of the cosines in single precision, (B, piece), and the row at which each begins."""
        step = max(1024, _SCORES // len(unit))
        for start in range(0, len(self.matrix), step):
            rows = self.matrix[start : start + step]
            # A single query as a vector: BLAS has a faster product for it.
            scores = (rows @ unit[0])[None] if len(unit) == 1 else unit @ rows.T
            with np.errstate(invalid="ignore", over="ignore"):
                scores *= self.inverse_norms[start : start + step]
            if len(extreme := self.extreme_rows):  # candidates in any case, and no measure of what is near
                scores[:, extreme[(extreme >= start) & (extreme < start + step)] - start] = -np.inf
            yield start, scores

    def _with_extremes(self, found: _Candidates, queries: int) -> _Candidates:
        extreme = self.extreme_rows
        if len(extreme) * queries > _MOST:
            raise _TooManyError
        ordinary = found.where(~np.isin(found.rows, extreme))
        numbers = np.repeat(np.arange(queries), len(extreme))
        always = _Candidates(numbers, np.tile(extreme, queries), np.zeros(len(numbers), dtype=np.float32))
        return _joined([ordinary, always])

    def _scan(self, query: Floats, top: int, without: int | None) -> Nearest:
        """Every row in double precision."""
        best = Nearest(np.empty(0, dtype=np.int64), np.empty(0))
        for start in range(0, len(self.matrix), _SCORED):
            rows = np.arange(start, min(start + _SCORED, len(self.matrix)))
            rows = rows[rows != without]
            cosines = np.concatenate((best.cosines, self.cosines(query, rows)))
            best = _ordered(np.concatenate((best.rows, rows)), cosines, top)
        return best

    def _scored(self, queries: Floats, numbers: Ints, rows: Ints) -> Doubles:
        """The cosine of the query `numbers[i]` with the row `rows[i]`, (K,)."""
        doubles, norms = queries.astype(np.float64), lengths(queries)
        cosines = np.empty(len(rows))
        for start in range(0, len(rows), _SCORED):
            part = slice(start, start + _SCORED)
            found = self.matrix[rows[part]].astype(np.float64)
            # Row by row in one order, unlike a product by BLAS: equal rows have equal cosines wherever they stand.
            products = np.einsum("kd,kd->k", found, doubles[numbers[part]])
            scale = np.sqrt(np.einsum("kd,kd->k", found, found)) * norms[numbers[part]]
            cosines[part] = np.divide(products, scale, out=np.zeros_like(products), where=scale > 0)
        return np.clip(np.round(cosines, DECIMALS), -1, 1) + 0.0  # no negative zeros


def lengths(rows: Floats) -> Doubles:
    """The norm of each row of (N, D), computed in double precision: (N,)."""
    doubles = rows.astype(np.float64)
    norms: Doubles = np.sqrt(np.einsum("nd,nd->n", doubles, doubles))
    return norms


def _within(scores: Floats, highest: Floats, width: int, floor: Floats, start: int) -> _Candidates:
    """The candidates of one piece: scores from the floor of their query on, looked for in blocks whose highest reaches it."""
    queries, blocks = np.nonzero(highest >= floor[:, None])
    columns = blocks[:, None] * width + np.arange(width)
    inside = columns < scores.shape[1]
    found = scores[queries[:, None], np.minimum(columns, scores.shape[1] - 1)]
    chosen = inside & (found >= floor[queries][:, None])
    hits, _ = np.nonzero(chosen)
    return _Candidates(queries[hits], columns[chosen] + start, found[chosen])


def _above(found: _Candidates, floor: Floats) -> _Candidates:
    return found.where(found.scores >= floor[found.queries])


def _joined(parts: list[_Candidates]) -> _Candidates:
    return _Candidates(
        np.concatenate([part.queries for part in parts]),
        np.concatenate([part.rows for part in parts]),
        np.concatenate([part.scores for part in parts]),
    )


def _ordered(rows: Ints, cosines: Doubles, top: int) -> Nearest:
    """The nearest first; equals by row."""
    order = np.lexsort((rows, -cosines))[:top]
    return Nearest(rows[order], cosines[order])
