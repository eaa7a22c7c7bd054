package velo_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/velostream/velo"
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/operators/agg"
)

var tradeSchema = arrow.NewSchema([]arrow.Field{
	{Name: "symbol", Type: arrow.BinaryTypes.String, Nullable: true},
	{Name: "price", Type: arrow.PrimitiveTypes.Float64, Nullable: true},
}, nil)

// trades makes a record with Arrow's own builders, as an embedder would.
func trades(mem memory.Allocator) arrow.Record {
	b := array.NewRecordBuilder(mem, tradeSchema)
	defer b.Release()
	b.Field(0).(*array.StringBuilder).AppendValues([]string{"ACME", "INIT", "ACME", "INIT"}, nil)
	b.Field(1).(*array.Float64Builder).AppendValues([]float64{10, 7, 20, 0}, []bool{true, true, true, false})
	return b.NewRecord()
}

func print(rows *velo.Rows) {
	for rec, err := range rows.Records() {
		if err != nil {
			log.Fatal(err)
		}
		for i := range int(rec.NumRows()) {
			var cells []string
			for _, c := range rec.Columns() {
				cells = append(cells, c.ValueStr(i))
			}
			fmt.Println(strings.Join(cells, " "))
		}
	}
}

func ExampleOpen() {
	eng, err := velo.Open()
	if err != nil {
		log.Fatal(err)
	}
	rows, err := eng.Query(context.Background(), "SELECT 1 + 2 AS three, UPPER('velo') AS name")
	if err != nil {
		log.Fatal(err)
	}
	print(rows)
	// Output: 3 VELO
}

func ExampleEngine_Query() {
	eng, err := velo.Open()
	if err != nil {
		log.Fatal(err)
	}
	rec := trades(memory.DefaultAllocator)
	defer rec.Release()
	rows, err := eng.Query(context.Background(), "SELECT symbol, AVG(price) FROM trades GROUP BY symbol",
		velo.FromRecords("trades", tradeSchema, rec))
	if err != nil {
		log.Fatal(err)
	}
	print(rows)
	// Output:
	// ACME 15
	// INIT 7
}

func ExampleRows_Records() {
	eng, err := velo.Open()
	if err != nil {
		log.Fatal(err)
	}
	rows, err := eng.Query(context.Background(), "SELECT n * n AS square FROM (VALUES (1), (2), (3)) t(n)")
	if err != nil {
		log.Fatal(err)
	}
	for rec, err := range rows.Records() {
		if err != nil {
			log.Fatal(err)
		}
		// rec is borrowed until the next one: Retain it to keep it.
		fmt.Println(rec.ColumnName(0), rec.Column(0))
	}
	fmt.Println("rows read:", rows.Report().Ledger.In)
	// Output:
	// square [1 4 9]
	// rows read: 3
}

func ExampleFrom() {
	eng, err := velo.Open()
	if err != nil {
		log.Fatal(err)
	}
	rec := trades(memory.DefaultAllocator)
	defer rec.Release()
	reader, err := array.NewRecordReader(tradeSchema, []arrow.Record{rec})
	if err != nil {
		log.Fatal(err)
	}
	defer reader.Release()
	rows, err := eng.Query(context.Background(), "SELECT symbol, price FROM trades WHERE price >= 10", velo.From("trades", reader))
	if err != nil {
		log.Fatal(err)
	}
	print(rows)
	// Output:
	// ACME 10
	// ACME 20
}

func ExampleFromSeq() {
	eng, err := velo.Open()
	if err != nil {
		log.Fatal(err)
	}
	var seq iter.Seq2[arrow.Record, error] = func(yield func(arrow.Record, error) bool) {
		for range 2 {
			rec := trades(memory.DefaultAllocator)
			ok := yield(rec, nil)
			rec.Release()
			if !ok {
				return
			}
		}
	}
	rows, err := eng.Query(context.Background(), "SELECT COUNT(*), COUNT(price) FROM trades", velo.FromSeq("trades", tradeSchema, seq))
	if err != nil {
		log.Fatal(err)
	}
	print(rows)
	// Output: 8 6
}

func ExampleEngine_Start() {
	eng, err := velo.Open()
	if err != nil {
		log.Fatal(err)
	}
	ch := make(chan arrow.Record)
	job, err := eng.Start(context.Background(), `CREATE STREAM dear AS SELECT symbol, price FROM trades WHERE price > 5`,
		velo.FromChan("trades", tradeSchema, ch),
		velo.To("dear", nil, func(rec arrow.Record) error {
			fmt.Println(rec.Column(0), rec.Column(1))
			return nil
		}))
	if err != nil {
		log.Fatal(err)
	}
	ch <- trades(memory.DefaultAllocator) // the engine releases it
	close(ch)                             // or job.Stop(ctx)
	report, err := job.Wait(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	l := report.Ledger
	fmt.Println("in", l.In, "used", l.Used, "filtered", l.Filtered)
	// Output:
	// ["ACME" "INIT" "ACME"] [10 7 20]
	// in 4 used 3 filtered 1
}

func ExampleWithFunctions() {
	double := &expr.Func{
		Name: "DOUBLED", Family: "Math", Signature: "DOUBLED(x)", Doc: "Twice x.",
		Overloads: []expr.Overload{{
			Args: []expr.Param{{Kind: vec.Float64}},
			Type: func([]arrow.DataType, []*expr.Const) (arrow.DataType, error) { return vec.TypeFloat64, nil },
			// A kernel computes the selected rows; NULLs are the engine's business.
			Kernel: func(c *expr.Ctx, t arrow.DataType, args []*vec.Vec, sel vec.Sel) *vec.Vec {
				out := c.Scope.New(t, c.Batch.N)
				dst, x := vec.Values[float64](out), vec.Values[float64](c.Scope.Flat(args[0]))
				if sel == nil {
					for i := range dst {
						dst[i] = 2 * x[i]
					}
				}
				for _, i := range sel {
					dst[i] = 2 * x[i]
				}
				return out
			},
		}},
	}
	eng, err := velo.Open(velo.WithFunctions(double))
	if err != nil {
		log.Fatal(err)
	}
	rec := trades(memory.DefaultAllocator)
	defer rec.Release()
	rows, err := eng.Query(context.Background(), "SELECT DOUBLED(price) FROM trades", velo.FromRecords("trades", tradeSchema, rec))
	if err != nil {
		log.Fatal(err)
	}
	print(rows)
	// Output:
	// 20
	// 14
	// 40
	// (null)
}

// nullCount counts the NULLs of each group: an array indexed by group id.
type nullCount struct{ n []int64 }

// all spells out a selection of all rows.
func all(b *arrowexec.Batch, sel vec.Sel) vec.Sel {
	if sel == nil {
		sel = vec.Slice[int32](b.Scope, b.N)
		for i := range sel {
			sel[i] = int32(i)
		}
	}
	return sel
}

func (s *nullCount) Grow(n int) { s.n = append(s.n, make([]int64, n-len(s.n))...) }
func (s *nullCount) Update(b *arrowexec.Batch, groups []int32, args []*vec.Vec, sel vec.Sel) {
	for _, i := range all(b, sel) {
		if args[0].IsNull(int(i)) {
			s.n[groups[i]]++
		}
	}
}

func (s *nullCount) UpdateEach(b *arrowexec.Batch, groups []int32, args []*vec.Vec, sel vec.Sel, out *vec.Builder, fail agg.Fail) {
	sel = all(b, sel)
	for k := range sel {
		s.Update(b, groups, args, sel[k:k+1])
		out.Int64(s.n[groups[sel[k]]])
	}
}

func (s *nullCount) Merge(other agg.State, into []int32) {
	for k, g := range into {
		s.n[g] += other.(*nullCount).n[k]
	}
}

func (s *nullCount) Emit(groups []int32, out *vec.Builder, _ agg.Fail) {
	for _, g := range groups {
		out.Int64(s.n[g])
	}
}

func (s *nullCount) Reset(groups []int32) {
	for _, g := range groups {
		s.n[g] = 0
	}
}

func (s *nullCount) Snapshot(sc *vec.Scope, groups []int32) []*vec.Vec {
	v := sc.New(vec.TypeInt64, len(groups))
	for k, g := range groups {
		vec.Values[int64](v)[k] = s.n[g]
	}
	return []*vec.Vec{v}
}
func (s *nullCount) Restore(cols []*vec.Vec) { s.n = append(s.n[:0], vec.Values[int64](cols[0])...) }
func (s *nullCount) Bytes() int64            { return int64(cap(s.n)) * 8 }

func ExampleWithAggregates() {
	eng, err := velo.Open(velo.WithAggregates(&agg.Func{
		Name: "COUNT_NULLS", Signature: "COUNT_NULLS(x)", Doc: "Number of NULLs.",
		Overloads: []agg.Overload{{
			Args: []agg.Param{{Any: true}},
			Type: func([]arrow.DataType, []*vec.Vec) (arrow.DataType, error) { return vec.TypeInt64, nil },
			New:  func([]arrow.DataType, []*vec.Vec) agg.State { return &nullCount{} },
		}},
	}))
	if err != nil {
		log.Fatal(err)
	}
	rec := trades(memory.DefaultAllocator)
	defer rec.Release()
	rows, err := eng.Query(context.Background(), "SELECT symbol, COUNT_NULLS(price) FROM trades GROUP BY symbol",
		velo.FromRecords("trades", tradeSchema, rec))
	if err != nil {
		log.Fatal(err)
	}
	print(rows)
	// Output:
	// ACME 0
	// INIT 1
}

func ExampleEngine_Check() {
	eng, err := velo.Open()
	if err != nil {
		log.Fatal(err)
	}
	rec := trades(memory.DefaultAllocator)
	defer rec.Release()
	list, err := eng.Check(context.Background(), "SELECT prise FROM trades", velo.FromRecords("trades", tradeSchema, rec))
	if err != nil {
		log.Fatal(err)
	}
	for _, e := range list {
		fmt.Printf("%d:%d %s\n", e.Pos.Line, e.Pos.Col, e.Message)
	}
	_, err = eng.Query(context.Background(), "SELECT 1 FROM")
	var errs velo.Errors
	fmt.Println(errors.As(err, &errs), len(errs))
	// Output:
	// 1:8 unknown column "prise" in source "trades"
	// true 1
}
