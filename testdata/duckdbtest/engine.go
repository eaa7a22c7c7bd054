package duckdbtest

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/duckdb/duckdb-go/v2"
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/funcs"
	"github.com/velostream/velo/ingest"
	"github.com/velostream/velo/ingest/all"
	ijson "github.com/velostream/velo/ingest/format/json"
	"github.com/velostream/velo/operators/agg"
	"github.com/velostream/velo/planner"
)

// rows is what an engine answers: values as text, NULL as "∅".
type rows [][]string

// lines collects rows as JSON lines.
type lines struct {
	enc ingest.Encoder
	buf []byte
	end []int
}

func (s *lines) Write(_ context.Context, b *arrowexec.Batch) (err error) {
	s.buf, s.end, err = s.enc.Encode(s.buf, s.end, b)
	return err
}
func (s *lines) Flush(context.Context) error       { return nil }
func (s *lines) Close(context.Context, bool) error { return nil }
func (s *lines) Stats() arrowexec.SinkStats        { return arrowexec.SinkStats{} }

// input is a file that velo reads under a name.
type input struct {
	name, path string
	props      map[string]string
}

// rowErrors is the error of an answer from which rows were dropped.
type rowErrors struct{ first string }

func (e *rowErrors) Error() string { return "row error: " + e.first }

// functions are made once: making them takes longer than a small query.
var functions = sync.OnceValues(func() (*expr.Registry, error) {
	return expr.NewRegistry(append(expr.Operators(), funcs.All()...)...)
})

// options are those of a query that one thread runs, without the planner rules of off.
func options(off []string) (planner.Options, error) {
	r, err := functions()
	clock := func() int64 { return 1_700_000_000_000 }
	return planner.Options{Mode: planner.Query, Source: "query", Registry: all.New(), Funcs: r, Aggs: agg.All(), Threads: 1, RulesOff: off,
		Set: map[string]string{}, Vars: map[string]string{}, Connect: map[string]ingest.Connector{}, Env: ingest.Env{Start: clock(), Clock: clock}}, err
}

// how is a way to run a query, of which the rows must not depend.
type how struct {
	batch, threads int
	off            []string // planner rules
}

// velo runs a query over files.
func velo(query string, inputs []input) (rows, error) {
	return veloBy(query, inputs, how{batch: 7, threads: 1})
}

func veloBy(query string, inputs []input, h how) (rows, error) {
	o, err := options(h.off)
	if err != nil {
		return nil, err
	}
	o.Threads = h.threads
	for _, in := range inputs {
		o.From = append(o.From, planner.Binding{Name: in.name, Path: in.path, Props: in.props})
	}
	var sink *lines
	o.Rows = func(out ingest.Output) (arrowexec.Sink, error) {
		sink = &lines{enc: ijson.NewEncoder(out.Fields, false)}
		return sink, nil
	}
	var bad error
	o.LogRow = func(_ string, e *arrowexec.RowError) {
		if bad == nil {
			bad = &rowErrors{e.Error()}
		}
	}
	app, err := planner.Compile(context.Background(), query, o)
	if err != nil {
		return nil, err
	}
	defer app.Close()
	if _, err := app.Run(context.Background(), planner.RunOptions{Poison: true, Sizer: &arrowexec.SizerOptions{Strategy: "fixed_size", Size: h.batch}}); err != nil {
		return nil, err
	}
	if bad != nil {
		return nil, bad
	}
	var out rows
	from := 0
	for _, e := range sink.end {
		row, err := values(sink.buf[from:e])
		if err != nil {
			return nil, err
		}
		out, from = append(out, row), e
	}
	return out, nil
}

// values reads the values of a JSON object in their order.
func values(line []byte) ([]string, error) {
	d := json.NewDecoder(bytes.NewReader(line))
	d.UseNumber()
	if _, err := d.Token(); err != nil {
		return nil, err
	}
	var out []string
	for d.More() {
		if _, err := d.Token(); err != nil { // the name
			return nil, err
		}
		var v any
		if err := d.Decode(&v); err != nil {
			return nil, err
		}
		switch v := v.(type) {
		case nil:
			out = append(out, "∅")
		case string:
			if t, err := time.Parse("2006-01-02T15:04:05.000Z", v); err == nil {
				v = t.Format(stamp)
			}
			out = append(out, v)
		default:
			out = append(out, fmt.Sprint(v))
		}
	}
	return out, nil
}

const stamp = "2006-01-02 15:04:05.000"

// open opens DuckDB with velo's order of NULLs and its division by zero.
func open() (*sql.DB, error) {
	db, err := sql.Open("duckdb", "")
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	for _, s := range []string{"SET default_null_order='nulls_last_on_asc_first_on_desc'", "SET ieee_floating_point_ops=false", "SET order_by_non_integer_literal=true", "SET threads=1", "SET timezone='UTC'"} {
		if _, err := db.Exec(s); err != nil {
			return nil, errors.Join(err, db.Close())
		}
	}
	return db, nil
}

// duck runs a query in DuckDB.
func duck(db *sql.DB, query string) (out rows, err error) {
	rs, err := db.Query(query)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rs.Close()) }()
	types, err := rs.ColumnTypes()
	if err != nil {
		return nil, err
	}
	vals, ptrs := make([]any, len(types)), make([]any, len(types))
	for i := range vals {
		ptrs[i] = &vals[i]
	}
	for rs.Next() {
		if err := rs.Scan(ptrs...); err != nil {
			return nil, err
		}
		row := make([]string, len(vals))
		for i, v := range vals {
			row[i] = spell(v, types[i].DatabaseTypeName())
		}
		out = append(out, row)
	}
	return out, rs.Err()
}

func spell(v any, typ string) string {
	switch v := v.(type) {
	case nil:
		return "∅"
	case time.Time:
		switch typ {
		case "DATE":
			return v.Format("2006-01-02")
		case "TIME":
			return v.Format("15:04:05.000")
		}
		return v.Format(stamp)
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	case duckdb.Decimal:
		return v.String()
	case *big.Int:
		return v.String()
	}
	return fmt.Sprint(v)
}

// equal compares values; numbers by value, with room for the last digits of a
// DOUBLE, which the order of additions decides.
func equal(a, b string) bool {
	if a == b || a == "-0" && b == "0" || a == "0" && b == "-0" { // −0 is 0 as a key, and which is shown is free
		return true
	}
	x, errX := strconv.ParseFloat(a, 64)
	y, errY := strconv.ParseFloat(b, 64)
	if errX != nil || errY != nil {
		return false
	}
	if !strings.ContainsAny(a+b, ".eE") {
		return false // integers are exact
	}
	d := math.Abs(x - y)
	return d <= 1e-9*math.Max(math.Abs(x), math.Abs(y)) || d < 1e-9
}

// same compares answers, in order or as bags.
func same(a, b rows, ordered bool) bool {
	if len(a) != len(b) {
		return false
	}
	if !ordered {
		a, b = slices.Clone(a), slices.Clone(b)
		slices.SortFunc(a, byText)
		slices.SortFunc(b, byText)
	}
	for i := range a {
		if len(a[i]) != len(b[i]) || !slices.EqualFunc(a[i], b[i], equal) {
			return false
		}
	}
	return true
}

// byText orders rows so that equal ones of two engines meet: numbers by most of
// their digits.
func byText(a, b []string) int {
	return slices.CompareFunc(a, b, func(x, y string) int { return strings.Compare(rough(x), rough(y)) })
}

func rough(s string) string {
	if f, err := strconv.ParseFloat(s, 64); err == nil {
		if f == math.Trunc(f) && math.Abs(f) < 1e15 {
			return strconv.FormatInt(int64(f), 10)
		}
		return strconv.FormatFloat(f, 'g', 12, 64)
	}
	return s
}
