package optest

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
)

// Env is what the harness gives to an operator under test.
type Env struct {
	Ledger   *arrowexec.Ledger
	Failures *arrowexec.Failures
	// Errors are the row errors so far.
	Errors []*arrowexec.RowError
}

// NewEnv makes an environment that logs and continues.
func NewEnv() *Env {
	e := &Env{Ledger: &arrowexec.Ledger{}}
	e.Failures = &arrowexec.Failures{Policy: arrowexec.LogAndContinue, Ledger: e.Ledger}
	e.Failures.Log = func(r *arrowexec.RowError) { e.Errors = append(e.Errors, r) }
	return e
}

// Shape is one way to present an input.
type Shape struct {
	Seed     uint64
	Batch    int  // rows a batch at most; 0: all in one
	Random   bool // batches of random sizes up to Batch
	Layouts  bool // slices, constants, dictionaries
	Junk     bool // rows outside the selection between the rows
	Snapshot bool // go on in a restored operator at a random batch
	Empty    bool // empty batches now and then
}

// Result is what came out of one run.
type Result struct {
	Rows   []Row
	Ledger arrowexec.Ledger
	Failed []string
	// Watermarks are those of the emitted batches, repeats left out.
	Watermarks []int64
	Done       bool // the operator said that it needs no more rows
}

// Run gives the input to a fresh operator and collects what it emits.
func Run(t testing.TB, mk func(*Env) arrowexec.Operator, in Input, sh Shape) Result {
	t.Helper()
	rnd := rand.New(rand.NewPCG(sh.Seed, 7))
	pool := vec.NewPool(nil, true)
	env := NewEnv()
	op := mk(env)
	var res Result
	emit := func(b *arrowexec.Batch) error {
		res.Rows = collect(t, b, res.Rows)
		if n := len(res.Watermarks); n == 0 || res.Watermarks[n-1] != b.Watermark {
			res.Watermarks = append(res.Watermarks, b.Watermark)
		}
		env.Ledger.Used += b.Weight(b.Sel)
		env.Ledger.Out += int64(b.Rows())
		return nil
	}
	stop := func(err error) bool {
		if err == arrowexec.ErrDone {
			res.Done = true
			return true
		}
		if err != nil {
			t.Fatalf("operator failed: %v", err)
		}
		return false
	}
	cut := -1
	if sh.Snapshot && len(in.Rows) > 0 {
		cut = rnd.IntN(len(in.Rows))
	}
	for at := 0; at < len(in.Rows) && !res.Done; {
		if sh.Empty && rnd.IntN(3) == 0 {
			sc := pool.Open()
			res.Done = stop(op.Process(in.batch(sc, at, at, rnd, sh), emit))
			sc.Close()
		}
		n := len(in.Rows) - at
		if sh.Batch > 0 {
			n = min(n, sh.Batch)
		}
		if sh.Random {
			n = 1 + rnd.IntN(n)
		}
		for i := at; i < at+n; i++ { // a partition's end is known with the batch of its last row
			if _, ok := in.Ends[i]; ok {
				n = i - at + 1
			}
		}
		for at+n < len(in.Rows) && in.Ords != nil && in.Ords[at+n] == in.Ords[at+n-1] {
			n++
		}
		sc := pool.Open()
		b := in.batch(sc, at, at+n, rnd, sh)
		if p, ok := in.Ends[at+n-1]; ok {
			b.Ended = []int32{p}
		}
		if in.Weights == nil {
			env.Ledger.In += int64(n)
		}
		for i := at; i < at+n && in.Weights != nil; i++ {
			env.Ledger.In += in.Weights[i]
		}
		done := stop(op.Process(b, emit))
		res.Done = res.Done || done
		sc.Close()
		at += n
		if cut >= 0 && at >= cut && !res.Done {
			op, env = restored(t, op, env, mk, pool)
			cut = -1
		}
	}
	if !res.Done {
		sc := pool.Open()
		last := &arrowexec.Batch{Scope: sc, Seq: int64(len(in.Rows)), Sel: vec.Sel{}, Watermark: arrowexec.EndOfTime}
		if n := len(in.Ords); n > 0 {
			last.Seq = in.Ords[n-1] + 1
		}
		if len(in.Now) > 0 {
			last.Now = in.Now[len(in.Now)-1]
		}
		stop(op.Flush(last, emit))
		sc.Close()
		if n := pool.OpenScopes(); n != 0 {
			t.Fatalf("%d scopes are still open after Flush", n)
		}
		if live, _, _ := pool.Stats(); live != 0 {
			t.Fatalf("%d bytes are live after Flush", live)
		}
	}
	res.Ledger = *env.Ledger
	for _, e := range env.Errors {
		res.Failed = append(res.Failed, e.Class+": "+e.Cause.Error())
	}
	return res
}

// restored puts a fresh operator with the snapshot of op in its place.
func restored(t testing.TB, op arrowexec.Operator, env *Env, mk func(*Env) arrowexec.Operator, pool *vec.Pool) (arrowexec.Operator, *Env) {
	t.Helper()
	s, ok := op.(arrowexec.Snapshotter)
	if !ok {
		return op, env
	}
	recs, err := s.Snapshot()
	if err != nil {
		t.Fatalf("snapshot: %v", err)
	}
	next := NewEnv()
	*next.Ledger = *env.Ledger
	next.Errors = slices.Clone(env.Errors)
	fresh := mk(next)
	if err := fresh.(arrowexec.Snapshotter).Restore(recs); err != nil {
		t.Fatalf("restore: %v", err)
	}
	for _, r := range recs {
		r.Release()
	}
	sc := pool.Open() // the old operator ends, so that its memory comes back
	err = op.Flush(&arrowexec.Batch{Scope: sc, Sel: vec.Sel{}, Watermark: arrowexec.EndOfTime}, func(*arrowexec.Batch) error { return nil })
	if err != nil && err != arrowexec.ErrDone {
		t.Fatalf("flush of the operator that was snapshotted: %v", err)
	}
	sc.Close()
	return fresh, next
}

// batch makes rows [from, to) a batch.
func (in *Input) batch(sc *vec.Scope, from, to int, rnd *rand.Rand, sh Shape) *arrowexec.Batch {
	rows := make([]int, 0, to-from) // input row of each batch row; -1-i: junk before row i
	for i := from; i < to; i++ {
		for sh.Junk && rnd.IntN(3) == 0 {
			rows = append(rows, -1-i)
		}
		rows = append(rows, i)
	}
	for sh.Junk && rnd.IntN(2) == 0 {
		rows = append(rows, -1-to)
	}
	n := len(rows)
	b := &arrowexec.Batch{Scope: sc, N: n, Seq: int64(from), Watermark: arrowexec.NoWatermark}
	for c, t := range in.Types {
		vals := make([]any, n)
		for k, r := range rows {
			if r >= 0 {
				vals[k] = in.Rows[r][c]
			} else if len(in.Rows) > 0 {
				vals[k] = in.Rows[rnd.IntN(len(in.Rows))][c]
			}
		}
		b.Cols = append(b.Cols, layout(sc, t, vals, rnd, sh))
	}
	if sh.Junk {
		b.Sel, b.Ord = vec.Sel{}, make([]int64, n)
		for k, r := range rows {
			if r >= 0 {
				b.Sel = append(b.Sel, int32(k))
				b.Ord[k] = int64(r)
			} else {
				b.Ord[k] = int64(-r - 2)
			}
		}
	} else if n == 0 {
		b.Sel = vec.Sel{}
	}
	if in.Ords != nil {
		in.changes(b, rows)
	}
	if len(in.Now) > 0 {
		b.Now = in.Now[max(0, min(to, len(in.Now))-1)]
	}
	if in.Marks != nil {
		mark := func(i int) int64 {
			if i < len(in.Marks) {
				return in.Marks[i]
			}
			return in.After
		}
		b.Marks = make([]int64, n)
		for k, r := range rows {
			if r < 0 {
				r = -1 - r
			}
			b.Marks[k] = mark(r)
		}
		b.Watermark = mark(to)
	}
	return b
}

// changes makes the rows of a batch those of a table's changes.
func (in *Input) changes(b *arrowexec.Batch, rows []int) {
	n := len(rows)
	b.Ord, b.Retracts, b.Weights = make([]int64, n), make([]int64, n), make([]int64, n)
	for k, r := range rows {
		if r < 0 { // junk
			b.Retracts[k], b.Weights[k] = arrowexec.Added, 1
			continue
		}
		if k == 0 || rows[k-1] < 0 {
			b.Seq = in.Ords[r]
		}
		b.Ord[k], b.Retracts[k], b.Weights[k] = in.Ords[r], in.Retracts[r], in.Weights[r]
	}
}

// layout makes a column in one of the layouts that can hold the values.
func layout(sc *vec.Scope, t arrow.DataType, vals []any, rnd *rand.Rand, sh Shape) *vec.Vec {
	if !sh.Layouts || len(vals) == 0 {
		return Column(sc, t, vals...)
	}
	same := true
	for _, v := range vals {
		same = same && text(v) == text(vals[0]) && (v == nil) == (vals[0] == nil)
	}
	k := vec.KindOf(t)
	nested := k == vec.List || k == vec.Map || k == vec.Struct || k == vec.Null
	switch pick := rnd.IntN(4); {
	case same && pick != 0:
		return sc.Repeat(Column(sc, t, vals[0]), len(vals))
	case pick == 1:
		before, after := rnd.IntN(11), rnd.IntN(3)
		padded := append(append(slices.Repeat([]any{vals[0]}, before), vals...), slices.Repeat([]any{vals[0]}, after)...)
		return sc.Slice(Column(sc, t, padded...), before, before+len(vals))
	case pick == 2 && !nested:
		return dictionary(sc, t, vals, rnd)
	}
	return Column(sc, t, vals...)
}

func dictionary(sc *vec.Scope, t arrow.DataType, vals []any, rnd *rand.Rand) *vec.Vec {
	index := map[string]int32{}
	var dict []any
	idx := vec.Slice[int32](sc, len(vals))
	valid := vec.Bitmap(sc.Zeroed(vec.BitmapBytes(len(vals))))
	nulls := false
	for i, v := range vals {
		if v == nil {
			nulls, idx[i] = true, 0
			continue
		}
		valid.Set(i)
		key := text(v)
		k, ok := index[key]
		if !ok || rnd.IntN(8) == 0 { // the same value may stand twice
			k = int32(len(dict))
			index[key] = k
			dict = append(dict, v)
		}
		idx[i] = k
	}
	if len(dict) == 0 {
		return Column(sc, t, vals...)
	}
	v := sc.Header(Column(sc, t, vals...))
	*v = vec.Vec{Type: t, Kind: vec.KindOf(t), Len: len(vals), Dict: Column(sc, t, dict...), Buf: vec.BytesOf(idx)}
	if nulls {
		v.Valid = valid
	}
	return v
}
