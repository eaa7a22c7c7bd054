package alike

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/velostream/velo/ingest"
	"github.com/velostream/velo/ingest/jsonscan"
)

// notes is a Taker that keeps values as text, record by record; none of "stop" fits.
type notes struct {
	rows [][]string
	base int
	keep bool
}

func (x *notes) Leaves(_ int, record []byte) (leaves []ingest.Leaf, ok bool) {
	if len(record) == 0 || record[0] != '{' || jsonscan.Skip(record, 0, 0) != len(record) {
		return nil, false
	}
	return leavesOf(record), true
}

func leavesOf(record []byte) (leaves []ingest.Leaf) {
	jsonscan.Parts(record, func(p jsonscan.Part) {
		if p.Kind != jsonscan.KeyPart {
			leaves = append(leaves, ingest.Leaf{From: p.From, To: p.To, Text: p.Kind == jsonscan.StringPart})
		}
	})
	return leaves
}

func (x *notes) Open(_, n, _ int) bool {
	if x.keep {
		x.base = len(x.rows)
		x.rows = append(x.rows, make([][]string, n)...)
	}
	return true
}

func (x *notes) Values(_ int, buf []byte, from, to []int32) int {
	for i := range from {
		v := buf[from[i]:to[i]]
		if string(v) == "stop" || len(v) == 0 {
			return i
		}
		if x.keep {
			x.rows[x.base+i] = append(x.rows[x.base+i], string(v))
		}
	}
	return len(from)
}

func (x *notes) Shut(n int) {
	if x.keep {
		x.rows = x.rows[:x.base+n]
	}
}

// some are records of a few forms, now and then one that stops a run.
func some(r *rand.Rand, n int) (records [][]byte) {
	for i := range n {
		switch {
		case r.IntN(60) == 0:
			records = append(records, []byte([]string{`{"a":"stop"}`, `{"a":"é"}`, `{"a":"\n"}`, `{}`, `[1]`, `{"a":1,"b":2`}[r.IntN(6)]))
		case i/300%2 == 0:
			records = append(records, fmt.Appendf(nil, `{"a":%d,"b":"text %d","c":{"d":%d}}`, r.IntN(1e6), r.IntN(1e9), r.IntN(10)))
		default:
			records = append(records, fmt.Appendf(nil, `{"b":"%d", "a": %d}`, r.IntN(100), r.IntN(1e6)))
		}
	}
	return records
}

func texts(record []byte) (out []string) {
	for _, l := range leavesOf(record) {
		out = append(out, string(record[l.From:l.To]))
	}
	return out
}

// TestRuns reads lines and records that have bounds, and finds each value of those that are
// read many at once, and that these are most.
func TestRuns(t *testing.T) {
	r := rand.New(rand.NewPCG(21, 22))
	for round := range 20 {
		records := some(r, 3000)
		buf := append(append(bytes.Join(records, []byte{'\n'}), '\n'), make([]byte, slack)...)
		var from, to []int32
		at := 0
		for _, rec := range records {
			from, to = append(from, int32(at)), append(to, int32(at+len(rec)))
			at += len(rec) + 1
		}
		for way, escapes := range []jsonscan.Escapes{jsonscan.NoEscapes, jsonscan.QuoteEscapes, jsonscan.NoEscapes} {
			x := &notes{keep: true}
			runs := New(x, escapes)
			runs.Begin(buf)
			most := []int{3000, 64, 9}[round%3]
			many := 0
			for i := 0; i < len(records); {
				n, alone := 0, 0
				if way < 2 {
					var next int
					n, next, alone = runs.Lines(int(from[i]), min(most, len(records)-i))
					if n > 0 {
						require.Equal(t, int(to[i+n-1])+1, next)
					}
				} else {
					n, alone = runs.Records(from, to, i, min(most, len(records)-i))
				}
				require.Len(t, x.rows, n)
				for k, row := range x.rows {
					require.Equal(t, texts(records[i+k]), row)
					a, b := runs.Place(k)
					require.Equal(t, []int32{from[i+k], to[i+k]}, []int32{a, b})
				}
				x.rows = x.rows[:0]
				many += n
				i += n + alone
			}
			require.Greater(t, many, 2000, "way %d", way)
		}
	}
}

// TestRunsDoNotAllocate holds once their forms are known.
func TestRunsDoNotAllocate(t *testing.T) {
	var text []byte
	var from, to []int32
	for i := range 2000 {
		from = append(from, int32(len(text)))
		text = fmt.Appendf(text, `{"a":%d,"b":"text %d","c":{"d":%d}}`, i, 2*i, i%10)
		to = append(to, int32(len(text)))
		text = append(text, '\n')
	}
	text = append(text, make([]byte, slack)...)
	x := New(&notes{}, jsonscan.NoEscapes)
	run := func() {
		x.Begin(text)
		for i := 0; i < 2000; {
			n, alone := x.Records(from, to, i, 2000-i)
			i += n + alone
		}
		x.Begin(text)
		for i, at := 0, 0; i < 2000; {
			n, next, alone := x.Lines(at, 2000-i)
			if i += n + alone; i < 2000 {
				at = int(from[i])
			}
			_ = next
		}
	}
	run()
	require.Zero(t, testing.AllocsPerRun(5, run))
}
