package bench

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/ipc"

	"github.com/velostream/velo/bench/dataset"
)

// Engine is our own side of a comparison: it reads a setup and then requests from in
// and answers each on out, as the peers do.
func Engine(ctx context.Context, in io.Reader, out io.Writer) error {
	e := json.NewEncoder(out)
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 1<<20)
	var b *bed
	var kept []arrow.Record
	defer func() {
		for _, r := range kept {
			r.Release()
		}
		if b != nil {
			b.release()
		}
	}()
	one := func(line []byte) (r response, err error) {
		if b == nil {
			var s setup
			if err := json.Unmarshal(line, &s); err != nil {
				return r, err
			}
			b, err = load(s)
			return r, err
		}
		var q request
		if err := json.Unmarshal(line, &q); err != nil {
			return r, err
		}
		if q.Answer != "" {
			return r, writeAnswer(q.Answer, kept)
		}
		for _, rec := range kept {
			rec.Release()
		}
		kept = nil
		round, err := measure(func() (err error) {
			kept, _, err = b.query(ctx)
			return err
		})
		return response{CPU: round.CPU.Seconds(), Wall: round.Wall.Seconds(), Allocs: round.Allocs}, err
	}
	for lines.Scan() {
		r, err := one(lines.Bytes())
		if err != nil {
			r.Error = err.Error()
		}
		if err := e.Encode(r); err != nil {
			return err
		}
	}
	return lines.Err()
}

// load lays out data that is there.
func load(s setup) (*bed, error) {
	w, err := FindWorkload(s.Workload)
	if err != nil {
		return nil, err
	}
	d, err := dataset.Find(w.Dataset)
	if err != nil {
		return nil, err
	}
	runtime.GOMAXPROCS(max(1, s.Threads))
	t := s.Tables[0]
	b := &bed{w: w, d: d, o: Options{Threads: s.Threads, Source: w.Source, Format: t.Format}, path: t.Path, answer: s.File}
	if w.Lookup != "" {
		if err := b.layLookup(); err != nil {
			return b, err
		}
	}
	if w.Source == "file" {
		return b, nil
	}
	f, err := os.Open(t.Path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	in, err := ipc.NewReader(bufio.NewReaderSize(f, 1<<20))
	if err != nil {
		return nil, err
	}
	defer in.Release()
	b.schema = in.Schema()
	for in.Next() {
		rec := in.Record()
		rec.Retain()
		b.records = append(b.records, rec)
		b.close = append(b.close, rec.Release)
	}
	defer debug.FreeOSMemory()
	return b, in.Err()
}

// writeAnswer writes records as CSV without a header.
func writeAnswer(path string, records []arrow.Record) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	out := bufio.NewWriterSize(f, 1<<20)
	var line []byte
	for _, rec := range records {
		rows, err := cells(nil, rec)
		if err != nil {
			return err
		}
		for _, row := range rows {
			line = line[:0]
			for i, x := range row {
				if i > 0 {
					line = append(line, ',')
				}
				switch x := x.(type) {
				case nil:
				case int64:
					line = strconv.AppendInt(line, x, 10)
				case float64:
					line = strconv.AppendFloat(line, x, 'g', -1, 64)
				case string:
					line = append(line, '"')
					line = append(line, strings.ReplaceAll(x, `"`, `""`)...)
					line = append(line, '"')
				default:
					return fmt.Errorf("no answer has a %T", x)
				}
			}
			if _, err := out.Write(append(line, '\n')); err != nil {
				return err
			}
		}
	}
	if err := out.Flush(); err != nil {
		return err
	}
	return f.Close()
}
