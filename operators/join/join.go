package join

import (
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/operators/group"
	"github.com/velostream/velo/operators/kept"
)

// Kind is what becomes of rows with and without a match.
type Kind uint8

// The kinds. Mark gives every left row and, as last column, TRUE, FALSE or NULL
// as SQL's IN does. Single is Left whose rows must not match twice.
const (
	Inner Kind = iota
	Left
	Right
	Full
	Semi
	Anti
	Mark
	Single
)

// Key is one equality; NullSafe makes NULL equal to NULL.
type Key struct {
	Left, Right expr.Expr
	NullSafe    bool
}

// Options of a join. Expressions over both sides see the left columns and then
// the right ones.
type Options struct {
	Kind Kind
	Keys []Key
	// OnLeft and OnRight are conditions on one side: rows for which they are not
	// TRUE match nothing. Residual is over both.
	OnLeft, OnRight, Residual expr.Expr
	// AsOf narrows what Inner and Left match to the nearest row; nil: all rows. It
	// takes no Residual.
	AsOf *AsOf
	// In are the equalities of IN, for Mark, and Three is the whole comparison,
	// three-valued; Plain says that it is In and nothing else. Without Three a row
	// is marked when it has any match.
	In    []Key
	Three expr.Expr
	Plain bool
	// LeftTypes and RightTypes are those of the columns; Used says which columns
	// of both sides anybody above reads, nil: all.
	LeftTypes, RightTypes []arrow.DataType
	Used                  []bool
	// Early says that the left rows are read first, being fewer: only right rows
	// with their keys are kept. It takes no In, no right rows without a match, and
	// no condition over both sides that may fail. Rows that come in another order
	// are joined all the same.
	Early bool
	// HoldMarks keeps the watermark back until the end of the left input.
	HoldMarks bool
	Failures  *arrowexec.Failures
	Ledger    *arrowexec.Ledger
	Limit     int64  // bytes of rows and keys kept; 0: no limit
	Name      string // for messages
	Subquery  string // what Single answers, for the message of two rows
}

// chunk is how many pairs are looked at, and rows emitted, at once.
const chunk = 8192

// Join is a join in the making: see [Join.Left] and [Join.Right].
type Join struct {
	o   Options
	ctx expr.Ctx

	rows   kept.Rows
	keep   []int // right columns that are kept
	at     []int // place of a right column among them, -1: not kept
	ids    []int32
	table  *group.Table
	sets   *group.Table // Mark: groups by Keys alone, where table has In as well
	setIDs []int32
	ended  bool // the right input
	done   bool // the left input
	closed bool
	// restored tells that rows of a snapshot are still to be read, cameOut which of
	// the right ones came out before it.
	restored bool
	cameOut  []bool
	// lost and held are the fates of rows that were kept when a run ended early.
	lost, held int64

	// After the right input has ended: the rows of number k are
	// list[start[k]:start[k+1]]; unique: each number has one row.
	cols             []*vec.Vec
	same             [][]int32 // by right column, of texts that repeat: the first row with a row's value
	time             *vec.Vec  // of AsOf
	start, list      []int32
	setStart, setRow []int32
	setNulls         []bool // Mark: a row of the set has a NULL in In
	rowNulls         []bool
	unique           bool
	seen             []bool // right rows that came out, or were counted
	unseen           int
	failed           []bool // right rows of a pair whose condition failed; nil: none

	leftIDs []int32   // numbers of the rows that wait, where they come early
	needs   []bool    // left columns that are kept of them
	waiting kept.Rows // left rows that came too early, with the watermark before each
	mark    int64     // watermark of the left input
	empty   []*vec.Vec
	pairs   pairs
}

// New makes a join.
func New(o Options) *Join {
	if o.Failures == nil {
		o.Failures = &arrowexec.Failures{Ledger: o.Ledger}
	}
	if o.Kind == Right || o.Kind == Full {
		o.HoldMarks = true
	}
	if o.Kind == Right || o.Kind == Full || len(o.In) > 0 || len(o.Keys) == 0 {
		o.Early = false
	}
	j := &Join{o: o, mark: arrowexec.NoWatermark}
	var types []arrow.DataType
	for _, k := range o.Keys {
		types = append(types, k.Right.Type())
	}
	if len(o.In) > 0 {
		j.sets = group.New(types)
		types = append([]arrow.DataType(nil), types...)
		for _, k := range o.In {
			types = append(types, k.Right.Type())
		}
	}
	j.table = group.New(types)
	j.keepColumns()
	return j
}

// pairsOut tells that right columns come out.
func (j *Join) pairsOut() bool { return j.o.Kind != Semi && j.o.Kind != Anti && j.o.Kind != Mark }

// reads marks the columns of both sides that an expression reads.
func (j *Join) reads(list ...expr.Expr) []bool {
	out := make([]bool, len(j.o.LeftTypes)+len(j.o.RightTypes))
	for _, e := range list {
		if e == nil {
			continue
		}
		expr.Walk(e, func(e expr.Expr) bool {
			if c, ok := e.(*expr.Column); ok {
				out[c.Index] = true
			}
			return true
		})
	}
	return out
}

func (j *Join) keepColumns() {
	nl := len(j.o.LeftTypes)
	reads := j.reads(j.o.Residual, j.o.Three)
	j.pairs.reads = reads
	j.needs = j.reads(j.o.OnLeft)[:nl]
	for c := range j.needs {
		j.needs[c] = j.needs[c] || reads[c] || j.used(c)
	}
	lefts := []expr.Expr{}
	for _, k := range append(append([]Key(nil), j.o.Keys...), j.o.In...) {
		lefts = append(lefts, k.Left)
	}
	if j.o.AsOf != nil {
		lefts = append(lefts, j.o.AsOf.Left)
	}
	for c, r := range j.reads(lefts...)[:nl] {
		j.needs[c] = j.needs[c] || r
	}
	for c := range j.o.RightTypes {
		j.at = append(j.at, -1)
		if reads[nl+c] || j.pairsOut() && j.used(nl+c) {
			j.at[c] = len(j.keep)
			j.keep = append(j.keep, c)
		}
	}
}

func (j *Join) used(c int) bool { return j.o.Used == nil || c >= len(j.o.Used) || j.o.Used[c] }

// Right is the operator for the right input.
func (j *Join) Right() arrowexec.Operator { return &rightPort{j: j} }

// Left is the operator for the left input. Its rows, and those that come out
// when the right input ends after it, go to the same consumers.
func (j *Join) Left() arrowexec.Operator { return &leftPort{j: j} }

type rightPort struct {
	arrowexec.Stateless
	j *Join
}

type leftPort struct {
	arrowexec.Stateless
	j *Join
}

// Process keeps the rows of a batch.
func (p *rightPort) Process(b *arrowexec.Batch, _ arrowexec.Emit) error {
	if err := p.j.open(b.Scope.Pool()); err != nil {
		return err
	}
	return p.j.build(b)
}

// Flush joins the left rows that have waited.
func (p *rightPort) Flush(last *arrowexec.Batch, emit arrowexec.Emit) error {
	j := p.j
	if err := j.open(last.Scope.Pool()); err != nil {
		return err
	}
	j.index()
	j.alike(last.Scope.Pool())
	if err := j.resume(last, emit); err != nil {
		return err
	}
	if j.done {
		return j.finish(last, emit)
	}
	return nil
}

// Process joins the rows of a batch, or keeps them until the right side is
// complete.
func (p *leftPort) Process(b *arrowexec.Batch, emit arrowexec.Emit) error {
	j := p.j
	if err := j.open(b.Scope.Pool()); err != nil {
		return err
	}
	if !j.ended {
		return j.wait(b)
	}
	return j.probe(b, emit)
}

// Flush gives the right rows that nothing has matched.
func (p *leftPort) Flush(last *arrowexec.Batch, emit arrowexec.Emit) error {
	j := p.j
	if err := j.open(last.Scope.Pool()); err != nil {
		return err
	}
	j.done = true
	if !j.ended {
		return nil
	}
	return j.finish(last, emit)
}

// Close drops everything kept.
func (p *rightPort) Close() { p.j.close() }

// Close drops everything kept.
func (p *leftPort) Close() { p.j.close() }

func (j *Join) close() {
	if !j.closed {
		j.lost, j.held = j.fate()
	}
	j.rows.Close()
	j.waiting.Close()
	j.ids, j.start, j.list, j.setIDs, j.setStart, j.setRow = nil, nil, nil, nil, nil, nil
	j.leftIDs, j.rowNulls, j.seen, j.failed, j.same = nil, nil, nil, nil, nil
	j.closed = true
}

// Holds is the first row kept.
func (p *rightPort) Holds() (int64, bool) {
	a, ok := p.j.rows.MinOrd()
	b, waits := p.j.waiting.MinOrd()
	if waits && (!ok || b < a) {
		return b, true
	}
	return a, ok
}

// State is the size of the right side.
func (p *rightPort) State() arrowexec.State {
	return arrowexec.State{Keys: int64(p.j.table.Len()), Bytes: p.j.bytes()}
}

// Fate tells of rows that are kept when a run ends early.
func (p *rightPort) Fate() (filtered, held int64) {
	if p.j.closed {
		return p.j.lost, p.j.held
	}
	return p.j.fate()
}

func (j *Join) fate() (filtered, held int64) {
	for r, w := range j.rows.Weights {
		if j.seen == nil {
			held += w
		} else if !j.seen[r] {
			filtered += w
		}
	}
	for _, w := range j.waiting.Weights {
		held += w
	}
	return filtered, held
}

func (j *Join) bytes() int64 {
	n := j.rows.Bytes() + j.waiting.Bytes() + j.table.Bytes() + int64(cap(j.ids)+cap(j.start)+cap(j.list)+cap(j.leftIDs))*4
	if j.sets != nil {
		n += j.sets.Bytes()
	}
	for _, same := range j.same {
		n += int64(cap(same)) * 4
	}
	return n
}

func (j *Join) full() error {
	if j.o.Limit <= 0 {
		return nil
	}
	if n := j.bytes(); n > j.o.Limit {
		name := j.o.Name
		if name == "" {
			name = "JOIN"
		}
		return fmt.Errorf("state of %s takes %d bytes for %d rows with %d keys, more than the limit of %d bytes; raise the limit, filter the rows first or let the smaller input stand on the right",
			name, n, j.rows.Len()+j.waiting.Len(), j.table.Len(), j.o.Limit)
	}
	return nil
}
