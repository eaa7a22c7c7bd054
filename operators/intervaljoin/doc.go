// Package intervaljoin joins two streams whose rows match when their keys are
// equal and their event times lie within a bound of each other: JOIN … WITHIN d,
// or any ON that bounds both sides. It is what Flink calls an interval join.
//
// Read [Join] first. Both sides are kept, in lists by key that are ordered by
// event time and then arrival. A row that arrives looks for the rows of the other
// side within its bound and is then kept itself, until the watermark, the least of
// both sides, has passed the time of the last row that could match it. Then a row
// of an outer side that has matched nothing comes out, by its deadline and then by
// arrival, before the rows of the record that moved the watermark; a row that
// comes when the watermark has passed it by so much is late.
//
// What happens in a batch is first written down as events (pairs that may match,
// rows that are due), a residual condition narrows the pairs as a batch of its
// own, and the rows are gathered when a batch goes out. The watermark of the
// output is held back by the greater bound, so that whoever reads it finds no row
// late. Rows kept belong to scopes of the join's own. The package imports
// arrowexec, expr, vec, group, kept and join.
package intervaljoin
