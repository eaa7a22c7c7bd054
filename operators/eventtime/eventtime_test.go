package eventtime

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/decimal128"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/operators/optest"
)

func format(t *testing.T, s string) Format {
	t.Helper()
	f, err := ParseFormat(s)
	require.NoError(t, err)
	return f
}

func TestFormats(t *testing.T) {
	pool := vec.NewPool(nil, true)
	s := pool.Open()
	defer s.Close()
	dec := vec.DecimalType(20, 4)
	for _, c := range []struct {
		format string
		t      arrow.DataType
		in     any
		want   any
	}{
		{"epoch_millis", vec.TypeInt64, 1700000000123, 1700000000123},
		{"EPOCH_MILLIS", vec.TypeInt64, -5, -5},
		{"epoch_millis", vec.TypeFloat64, 1700000000123.9, 1700000000123},
		{"epoch_millis", vec.TypeString, "1700000000123", 1700000000123},
		{"epoch_millis", vec.TypeString, "12.7", 12},
		{"epoch_millis", vec.TypeString, "12x", nil},
		{"epoch_seconds", vec.TypeInt64, 1700000000, 1700000000000},
		{"epoch", vec.TypeInt64, -3, -3000},
		{"epoch_seconds", vec.TypeInt64, 1 << 62, nil},
		{"epoch_seconds", vec.TypeFloat64, 1700000000.123, 1700000000123},
		{"epoch_seconds", vec.TypeFloat64, -0.5, -500},
		{"epoch_seconds", vec.TypeString, "1700000000.1239", 1700000000123},
		{"epoch_seconds", vec.TypeString, "1700000000.5", 1700000000500},
		{"epoch_seconds", vec.TypeString, "-1.5", -1500},
		{"epoch_seconds", vec.TypeString, "", nil},
		{"epoch_seconds", dec, decimal128.FromI64(17000000001239), 1700000000123},
		{"epoch_seconds", dec, decimal128.FromI64(-15000), -1500},
		{"epoch_millis", dec, decimal128.FromI64(-15001), -2},
		{"iso8601", vec.TypeString, "2024-02-29T12:34:56.7899Z", 1709210096789},
		{"ISO8601", vec.TypeString, "2024-02-29 12:34:56+02:00", 1709202896000},
		{"iso8601", vec.TypeString, "2024-02-29", 1709164800000},
		{"iso8601", vec.TypeString, "2024-02-30", nil},
		{"iso8601", vec.TypeString, "soon", nil},
		{"", vec.TypeInt64, 99_999_999_999, 99_999_999_999_000},
		{"", vec.TypeInt64, 100_000_000_000, 100_000_000_000},
		{"", vec.TypeInt64, -100_000_000_000, -100_000_000_000},
		{"", vec.TypeInt64, -99_999_999_999, -99_999_999_999_000},
		{"", vec.TypeInt32, 1700000000, 1700000000000},
		{"", vec.TypeFloat64, 1.25, 1250},
		{"", vec.TypeString, "2024-02-29T12:34:56Z", 1709210096000},
		{"", vec.TypeString, "1700000000", nil},
		{"", vec.TypeTimestamp, 77, 77},
		{"epoch_seconds", vec.TypeTimestampMicros, -1, -1},
		{"", vec.TypeDate, 1, 86_400_000},
		{"%Y-%m-%d %H:%M:%S", vec.TypeString, "2024-02-29 12:34:56", 1709210096000},
		{"%Y-%m-%d %H:%M:%S%.3f", vec.TypeString, "2024-02-29 12:34:56.789", 1709210096789},
		{"%Y-%m-%d %H:%M:%S.%f", vec.TypeString, "2024-02-29 12:34:56.7", 1709210096700},
		{"%d/%b/%Y:%T %z", vec.TypeString, "29/Feb/2024:12:34:56 +0200", 1709202896000},
		{"%A, %B %e %y %I:%M %p", vec.TypeString, "Thursday, February  9 70 12:05 am", 3369900000},
		{"%Y-%j", vec.TypeString, "2024-060", 1709164800000},
		{"%s", vec.TypeString, "-7", -7000},
		{"%Y-%m-%d", vec.TypeString, "2023-02-29", nil},
		{"%Y-%m-%d", vec.TypeString, "2023-02-28 ", nil},
		{"%H:%M:%S", vec.TypeString, "12:00:60", nil},
		{"", vec.TypeInt64, nil, nil},
		{"%Y", vec.TypeString, nil, nil},
	} {
		f := format(t, c.format)
		require.NoError(t, f.Check(c.t), c.format)
		v := f.Column(s, optest.Column(s, c.t, nil, c.in, nil))
		require.Nil(t, optest.ValueAt(v, 0))
		require.Equal(t, c.want, optest.ValueAt(v, 1), "%v of %v by %q", c.in, c.t, c.format)
		require.Nil(t, optest.ValueAt(v, 2))
		one := s.Repeat(optest.Column(s, c.t, c.in), 3)
		require.Equal(t, c.want, optest.ValueAt(f.Column(s, one), 2))
	}
}

func TestFormatErrors(t *testing.T) {
	for s, want := range map[string]string{
		"unix":      `unknown event.time.format "unix"; known: epoch_millis epoch_seconds epoch iso8601, or a strftime pattern`,
		"%Y-%Q":     `event.time.format "%Y-%Q" has the unknown directive %Q`,
		"%Y %":      `event.time.format "%Y %" ends inside a directive`,
		"%Y-%3m-%d": `event.time.format "%Y-%3m-%d" has the unknown directive %m`,
	} {
		_, err := ParseFormat(s)
		require.EqualError(t, err, want)
	}
	require.ErrorContains(t, format(t, "iso8601").Check(vec.TypeInt64), "epoch_millis or epoch_seconds")
	require.ErrorContains(t, format(t, "").Check(vec.TypeBool), "BOOLEAN cannot be an event time")
}

// reference is the rule of watermarks, row by row, in the plainest way.
func reference(rows [][]any, delay int, infos []arrowexec.PartitionInfo, ends map[int]int32) (marks []int64, after int64) {
	greatest, left, ended := map[int]int{}, map[int]int64{}, map[int]bool{}
	const none = -1 << 62
	for _, p := range infos {
		greatest[int(p.Partition)], left[int(p.Partition)] = none, p.Records
		ended[int(p.Partition)] = p.Records == 0
	}
	mark := int64(arrowexec.NoWatermark)
	for i, r := range rows {
		marks = append(marks, mark)
		p := r[1].(int)
		if _, ok := greatest[p]; !ok {
			greatest[p], left[p] = none, -1
		}
		if r[0] != nil {
			greatest[p] = max(greatest[p], r[0].(int))
		}
		if left[p] > 0 {
			left[p]--
			ended[p] = left[p] == 0
		}
		step := func() {
			least, live := 1<<62, false
			for p, g := range greatest {
				if !ended[p] {
					least, live = min(least, g), true
				}
			}
			if live && least > none {
				mark = max(mark, int64(least-delay))
			}
		}
		allEnded := true
		for p := range greatest {
			allEnded = allEnded && ended[p]
		}
		if allEnded { // the last one still counts
			ended[p] = false
		}
		step()
		if e, ok := ends[i]; ok {
			live := 0
			for p := range greatest {
				if !ended[p] {
					live++
				}
			}
			if live > 1 {
				ended[int(e)] = true
				step()
			}
		}
	}
	return marks, mark
}

func TestWatermarksOfPartitionsFollowTheReference(t *testing.T) {
	types := []arrow.DataType{vec.TypeInt64, vec.TypeInt32}
	for seed := range uint64(60) {
		rnd := rand.New(rand.NewPCG(seed, 3))
		n, parts := 1+rnd.IntN(120), 1+rnd.IntN(5)
		rows := optest.Random(seed, n, types...)
		count := map[int]int64{}
		for i, r := range rows {
			p := rnd.IntN(parts)
			if seed%3 == 0 { // one partition after the other
				p = i * parts / n
			}
			r[1] = p
			count[p]++
			if r[0] != nil {
				r[0] = i*10 + rnd.IntN(100)
			}
		}
		var infos []arrowexec.PartitionInfo
		if seed%2 == 0 {
			for p := range parts {
				infos = append(infos, arrowexec.PartitionInfo{Partition: int32(p), Records: count[p]})
				if seed%4 == 0 {
					infos[p].Records = -1
				}
			}
		}
		delay := rnd.IntN(3) * 20
		want, after := reference(rows, delay, infos, nil)
		o := Options{Field: optest.Col(0, types[0]), Format: format(t, "epoch_millis"), Delay: int64(delay), Partition: 1}
		if infos != nil {
			o.Partitions = func() []arrowexec.PartitionInfo { return infos }
		}
		if parts == 1 && seed%5 == 0 && infos == nil {
			o.Partition = -1
		}
		res := optest.Check(t, func(*optest.Env) arrowexec.Operator { return New(o) },
			optest.Input{Types: types, Rows: rows}, optest.Options{Seeds: 12, Plain: true})
		for i, r := range res.Rows {
			require.Equal(t, want[i], r.Mark, "row %d of %v, seed %d", i, rows, seed)
			require.Equal(t, rows[i][0], r.Values[2])
		}
		require.Equal(t, after, res.Watermarks[len(res.Watermarks)-1])
	}
}

func TestEndedPartitionsLetTheWatermarkGo(t *testing.T) {
	types := []arrow.DataType{vec.TypeInt64, vec.TypeInt32}
	rows := [][]any{{100, 0}, {5, 1}, {200, 0}, {300, 0}, {7, 2}}
	ends := map[int]int32{1: 1}
	want, _ := reference(rows, 0, nil, ends)
	for _, size := range []int{0, 1, 2, 3} {
		o := Options{Field: optest.Col(0, types[0]), Partition: 1, Format: format(t, "epoch_millis")}
		res := optest.Run(t, func(*optest.Env) arrowexec.Operator { return New(o) }, optest.Input{Types: types, Rows: rows, Ends: ends}, optest.Shape{Batch: size})
		for i, r := range res.Rows {
			require.Equal(t, want[i], r.Mark, "row %d, size %d", i, size)
		}
	}
	require.EqualValues(t, 100, want[2])
}

func TestSilentPartitionIsReportedAndLetsGo(t *testing.T) {
	types := []arrow.DataType{vec.TypeInt64, vec.TypeInt32}
	var events []any
	o := Options{Timestamp: 0, Partition: 1, IdleTimeout: 10, OnIdle: func(p int32, idle bool) { events = append(events, p, idle) }}
	res := optest.Run(t, func(*optest.Env) arrowexec.Operator { return New(o) }, optest.Input{Types: types,
		Rows: [][]any{{1, 0}, {2, 1}, {30, 0}, {40, 0}, {3, 1}, {50, 0}}, Now: []int64{0, 1, 9, 11, 12, 13}}, optest.Shape{Batch: 1})
	var marks []int64
	for _, r := range res.Rows {
		marks = append(marks, r.Mark)
	}
	require.Equal(t, []any{int32(1), true, int32(1), false}, events)
	require.Equal(t, []int64{arrowexec.NoWatermark, 1, 1, 30, 40, 40}, marks)
}

// A partition that is read from now on holds the watermark before its first row, also
// when it comes back, and one that goes away no longer does.
func TestBegunPartitionsHoldTheWatermark(t *testing.T) {
	types := []arrow.DataType{vec.TypeInt64, vec.TypeInt32}
	pool := vec.NewPool(nil, true)
	s := pool.Open()
	op := New(Options{Field: optest.Col(0, types[0]), Partition: 1, Format: format(t, "epoch_millis")})
	var marks []int64
	step := func(began, ended []int32, at, part int) {
		b := &arrowexec.Batch{Scope: s, N: 1, Cols: []*vec.Vec{optest.Column(s, vec.TypeInt64, at), optest.Column(s, vec.TypeInt32, part)}, Began: began, Ended: ended}
		require.NoError(t, op.Process(b, func(b *arrowexec.Batch) error {
			require.Empty(t, append(b.Began, b.Ended...))
			marks = append(marks, b.Watermark)
			return nil
		}))
	}
	step([]int32{0, 1}, nil, 60, 0) // 1 is silent
	step(nil, nil, 10, 1)
	step(nil, []int32{1}, 70, 0)
	step([]int32{1}, nil, 80, 0)
	step(nil, nil, 75, 1)
	require.Equal(t, []int64{arrowexec.NoWatermark, 10, 70, 70, 75}, marks)
	s.Close()
	pool.Close()
}

// A batch that selects a stretch of its rows has marks for those.
func TestStretchesOfOneBatch(t *testing.T) {
	pool := vec.NewPool(nil, true)
	s := pool.Open()
	cols := []*vec.Vec{optest.Column(s, vec.TypeInt64, 10, 30, 20, 40)}
	op := New(Options{Partition: -1})
	var marks [][]int64
	for _, sel := range []vec.Sel{{0}, {1, 2}, {3}} {
		require.NoError(t, op.Process(&arrowexec.Batch{Scope: s, N: 4, Cols: cols, Sel: sel}, func(b *arrowexec.Batch) error {
			marks = append(marks, append([]int64{b.Watermark}, b.Marks[sel[0]:]...))
			return nil
		}))
	}
	no := int64(arrowexec.NoWatermark)
	require.Equal(t, [][]int64{{10, no}, {30, 10, 30}, {40, 30}}, marks)
	s.Close()
}

func TestRequireFailsUnreadableRowsBehindTheWhere(t *testing.T) {
	types := []arrow.DataType{vec.TypeString, vec.TypeInt64}
	f := format(t, "iso8601")
	in := optest.Input{Types: types, Rows: [][]any{{"2024-02-29", 1}, {"never", 2}, {nil, 3}, {"1970-01-01T00:00:01Z", 4}}}
	var events *Operator
	res := optest.Check(t, func(e *optest.Env) arrowexec.Operator {
		events = New(Options{Field: optest.Col(0, types[0]), Format: f, Partition: -1})
		return &chain{first: events, second: NewRequire(RequireOptions{Column: 2, Field: optest.Col(0, types[0]), Name: "ts", Format: f, Failures: e.Failures})}
	}, in, optest.Options{Plain: true})
	require.Equal(t, []string{"2024-02-29|1|1709164800000", "1970-01-01T00:00:01Z|4|1000"}, optest.Lines(res.Rows))
	require.Equal(t, []string{`event_time: cannot read "never" as event time by format iso8601`,
		`event_time: event time is NULL; event.time.field is "ts"`}, sorted(res.Failed))
	require.EqualValues(t, 1709164800000, res.Rows[1].Mark)
	optest.Balanced(t, res.Ledger)
}

func sorted(s []string) []string {
	if len(s) == 2 && s[0] > s[1] {
		s[0], s[1] = s[1], s[0]
	}
	return s
}

type chain struct {
	arrowexec.Stateless
	first, second arrowexec.Operator
}

func (c *chain) Process(b *arrowexec.Batch, emit arrowexec.Emit) error {
	return c.first.Process(b, func(b *arrowexec.Batch) error { return c.second.Process(b, emit) })
}
