package arrowexec

import (
	"math"

	"github.com/velostream/velo/arrowexec/vec"
)

// Batch is N rows of columns with a selection. The columns are read-only and
// may be shared with other batches; an operator that changes anything makes a
// new Batch ([Batch.With]).
//
// Rows that an operator drops leave Sel; they are never moved. Positions of
// rows stay those of the source's batch until an operator makes rows of its
// own, so Origin can tell where a row came from.
type Batch struct {
	Scope *vec.Scope
	N     int
	Cols  []*vec.Vec // each of N rows
	Sel   vec.Sel    // nil: all rows

	// Seq is the sequence number of row 0 among the rows that the source has
	// read; row i has Seq+i unless Ord says otherwise. Sequence numbers of one
	// run of one graph increase over all its batches.
	Seq int64
	// Ord is, for rows that are not input rows, the sequence number of the input
	// row that caused each; nil for input rows.
	Ord []int64
	// Weights is, per row, how many input rows become "used" when the row
	// reaches a sink; nil means one each (input rows). See [Ledger].
	Weights []int64

	// Retracts is, per row, for one that is taken back the sequence number of the
	// row that caused it when it was added, and [Added] for a row that is added;
	// nil when all rows are added. The update of a table's row is the old row taken
	// back and then the new one, next to each other and with the sequence number of
	// the record that updates; a deletion is the old row alone.
	Retracts []int64
	// Causes is, of changes of a table, the event time in ms of the record that caused each
	// row: that of a deletion is its own, whatever the row has. nil: nobody knows.
	Causes []int64

	// Marks is, per row, the source's watermark just before that row (ms); nil
	// when the plan has no event time. A row is judged by the rows before it.
	Marks []int64
	// Watermark is the watermark after the whole batch; [NoWatermark] at first
	// and [EndOfTime] once the input has ended.
	Watermark int64
	// Began are the partitions of the source that are read from this batch on, and
	// Ended those that end with it, where the source learns so while it reads. A
	// watermark waits for the first and forgets the others.
	Began, Ended []int32
	// Absent are the records that were read and gave no row, in the order of
	// reading, where [Partitions] counted them: a partition may end with one.
	Absent []Absent
	// Now is the run's clock for this batch, ms since the epoch.
	Now int64
	// Origin locates input rows; nil for rows made by an operator.
	Origin Origin
}

// Absent is a record without a row: one with a NULL payload, or one that cannot
// be read. It stands right behind the row before Row, the first of the batch that
// was read after it. Failed tells that it was reported to the [Failures] of its
// source, and not merely passed over.
type Absent struct {
	Row, Partition int32
	Failed         bool
}

// Unread counts the records of a batch that were read and not pushed: rows, and
// records without one that were passed over or have failed.
type Unread struct{ Rows, Skipped, Failed int64 }

// Records is the number of records.
func (u Unread) Records() int64 { return u.Rows + u.Skipped + u.Failed }

func (u *Unread) add(rows int, absent []Absent) {
	u.Rows += int64(rows)
	for _, a := range absent {
		if a.Failed {
			u.Failed++
		} else {
			u.Skipped++
		}
	}
}

// Watermarks before the first row, and after the end of a bounded input.
const (
	NoWatermark = math.MinInt64
	EndOfTime   = math.MaxInt64
)

// Rows is the number of selected rows.
func (b *Batch) Rows() int { return b.Sel.Count(b.N) }

// With makes a copy of the batch's header with other columns, for an operator
// whose rows are the input's rows.
func (b *Batch) With(cols []*vec.Vec, sel vec.Sel) *Batch {
	n := *b
	n.Cols, n.Sel = cols, sel
	return &n
}

// OrdOf is the sequence number of the input row that caused row i.
func (b *Batch) OrdOf(i int) int64 {
	if b.Ord != nil {
		return b.Ord[i]
	}
	return b.Seq + int64(i)
}

// WeightOf is how many input rows row i stands for in the ledger.
func (b *Batch) WeightOf(i int) int64 {
	if b.Weights != nil {
		return b.Weights[i]
	}
	return 1
}

// Weight is the sum of WeightOf over a selection of the batch.
func (b *Batch) Weight(sel vec.Sel) int64 {
	if b.Weights == nil {
		return int64(sel.Count(b.N))
	}
	var w int64
	if sel == nil {
		for _, x := range b.Weights[:b.N] {
			w += x
		}
		return w
	}
	for _, i := range sel {
		w += b.Weights[i]
	}
	return w
}

// MarkOf is the watermark just before row i.
func (b *Batch) MarkOf(i int) int64 {
	if b.Marks != nil {
		return b.Marks[i]
	}
	return b.Watermark
}

// Origin tells where the rows of a source's batch came from. It is asked only
// for rows that failed or came late, and is valid as long as the scope.
type Origin interface {
	// Position locates row i of the batch.
	Position(i int) Position
	// Record gives row i as it was read, borrowed.
	Record(i int) Record
}

// OriginOf is the origin of rows that were taken from the batch: row i of them is
// its row rows[i]. It borrows rows, and is nil where the batch has none.
func (b *Batch) OriginOf(rows []int32) Origin {
	if b.Origin == nil {
		return nil
	}
	return taken{b.Origin, rows}
}

type taken struct {
	from Origin
	rows []int32
}

func (t taken) Position(i int) Position { return t.from.Position(int(t.rows[i])) }
func (t taken) Record(i int) Record     { return t.from.Record(int(t.rows[i])) }

// Placer is an origin that knows where the rows stand in the file that several
// inputs read. The places are of the scope's memory.
type Placer interface {
	Origin
	Places(sc *vec.Scope) []int64
}

// Position is where an input row stands: a topic's partition and offset, or a
// file's line.
type Position struct {
	Source    string // the name of the source in SQL
	Topic     string // topic, or path of the file
	Partition int32
	Offset    int64 // offset, or row number in a file
	Line      int64 // 1-based line of a text file, 0 if it has none
	// Read counts the records of the source in the order in which they are read; 0
	// where that is the order of its lines or offsets.
	Read int64
}

// Before tells whether a record of a source was read before another one.
func (p Position) Before(q Position) bool {
	switch {
	case p.Read != q.Read:
		return p.Read < q.Read
	case p.Line != q.Line:
		return p.Line < q.Line
	}
	return p.Offset < q.Offset
}

// Record is one input record as its transport carried it.
type Record struct {
	Key, Value []byte // nil for NULL
	Headers    []Header
	Timestamp  int64 // ms
}

// Header is one header of a record; Value is nil for NULL.
type Header struct {
	Key   string
	Value []byte
}
