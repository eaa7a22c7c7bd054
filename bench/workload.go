package bench

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/velostream/velo/bench/baseline"
	"github.com/velostream/velo/bench/dataset"
)

// Workload is a query with the data it runs over and the answer it must give.
type Workload struct {
	Name, About string
	SQL         string
	Dataset     string
	Source      string // memory, file or kafka, when not said otherwise
	Format      string // of files and topics
	Columns     []string
	Keys        int               // leading columns of the answer that identify a row
	Props       map[string]string // WITH keys of the source, event time above all
	Baseline    func(io.Reader) ([][]any, error)
	BaseFormat  string                                // the format that Baseline reads
	Answer      string                                // the format of the file that the answer goes to; empty: records in memory
	Loop        func([]arrow.Record) ([][]any, error) // the row loop over records in memory
	// Client reads the same topic by hand, source kafka.
	Client func(ctx context.Context, broker, topic string) ([][]any, error)
	// To are the columns of the answer where it is written to a topic, source kafka, which
	// Stream does by hand. Fold makes the rows that are compared of those that came out.
	To     []string
	Stream func(ctx context.Context, broker, from, to string) error
	Fold   func(rows [][]any) [][]any
	// Flink is the same in Flink SQL, of the table trades; $SINK stands for the keys of a
	// sink that both of its connectors have.
	Flink     string
	FlinkBars []Bar
	KeyCount  int    // distinct keys, when neither said otherwise nor the dataset's own
	Lookup    string // a dataset that is joined, lookupRows of it as records in memory; empty: none
	// ordered, if set, says what is wrong with the order of the answer's rows.
	ordered func(rows [][]any) error
	Peers   Peers
	Bars    []Bar // what is to be reached against the peers
	Rows    int64 // of a comparison, when not said otherwise; 0: a million
	Plain   bool  // its CSV has no quotes, which peers are told
	Nulls   bool  // its data has NULLs
	expect  func(d *dataset.Dataset) *answer
}

// answer computes what a query must give, from the generator's rows.
type answer struct {
	add  func(row []dataset.Cell)
	rows func() [][]any
}

// entry is what a map has for a key, a new one where it has none.
func entry[K comparable, G any](m map[K]*G, k K) *G {
	g := m[k]
	if g == nil {
		g = new(G)
		m[k] = g
	}
	return g
}

// Workloads are the workloads.
func Workloads() []*Workload {
	list := []*Workload{
		{
			Name: "json-filter-group", About: "JSON lines of 8 fields, filter of one row in four, GROUP BY 500 symbols",
			SQL:     "SELECT symbol, COUNT(*) AS n, SUM(quantity) AS quantity, AVG(price) AS price FROM trades WHERE side = 'BUY' AND price > 500 GROUP BY symbol",
			Dataset: "trades", Source: "file", Format: "jsonl", Columns: []string{"symbol", "quantity", "price", "side"}, Keys: 1,
			Baseline: baseline.JSON, BaseFormat: "jsonl", Peers: buysPeers(), Bars: []Bar{{Ratio: 1.7}}, Rows: 3_000_000,
			expect: buys,
		},
		{
			Name: "csv-group", About: "CSV of 8 fields, GROUP BY 500 symbols, 5 aggregates",
			SQL:     "SELECT symbol, COUNT(*) AS n, SUM(quantity) AS quantity, MIN(price) AS lo, MAX(price) AS hi, AVG(price) AS price FROM trades GROUP BY symbol",
			Dataset: "trades", Source: "file", Format: "csv", Columns: []string{"symbol", "quantity", "price"}, Keys: 1,
			Baseline: baseline.CSV, BaseFormat: "csv", Peers: fivePeers("trades", "symbol", "quantity", "price"), Bars: []Bar{{Ratio: 1.5}}, Rows: 3_000_000,
			expect: five("symbol", "quantity", "price"),
		},
		{
			Name: "parquet-group", About: "Parquet of 8 columns, GROUP BY 500 symbols, 5 aggregates",
			SQL:     "SELECT symbol, COUNT(*) AS n, SUM(quantity) AS quantity, MIN(price) AS lo, MAX(price) AS hi, AVG(price) AS price FROM trades GROUP BY symbol",
			Dataset: "trades", Source: "file", Format: "parquet", Columns: []string{"symbol", "quantity", "price"}, Keys: 1,
			Peers: fivePeers("trades", "symbol", "quantity", "price"), Bars: []Bar{{Ratio: 0.6}}, Rows: 3_000_000,
			expect: five("symbol", "quantity", "price"),
		},
		{
			Name: "group-keys", About: "Arrow in memory, GROUP BY a string of --keys values (1,000), 5 aggregates",
			SQL:     "SELECT customer, COUNT(*) AS n, SUM(quantity) AS quantity, MIN(amount) AS lo, MAX(amount) AS hi, AVG(amount) AS mean FROM orders GROUP BY customer",
			Dataset: "orders", Source: "memory", Format: "jsonl", Columns: []string{"customer", "quantity", "amount"}, Keys: 1,
			Loop: baseline.Group, Peers: fivePeers("orders", "customer", "quantity", "amount"),
			expect: five("customer", "quantity", "amount"),
		},
		{
			Name: "1brc", About: "the one billion row challenge: least, mean and greatest temperature of 413 stations",
			SQL:     "SELECT station, MIN(temperature) AS lo, AVG(temperature) AS mean, MAX(temperature) AS hi FROM \"1brc\" GROUP BY station",
			Dataset: "1brc", Source: "file", Format: "csv", Keys: 1,
			Props: map[string]string{"csv.delimiter": ";", "csv.header": "false", "columns": "station STRING, temperature DOUBLE"},
			Peers: Peers{
				DuckDB:     `SELECT station, MIN(temperature) AS lo, AVG(temperature) AS mean, MAX(temperature) AS hi FROM "1brc" GROUP BY station`,
				DataFusion: `SELECT station, MIN(temperature) AS lo, AVG(temperature) AS mean, MAX(temperature) AS hi FROM "1brc" GROUP BY station`,
				ClickHouse: `SELECT station, MIN(temperature) AS lo, AVG(temperature) AS mean, MAX(temperature) AS hi FROM "1brc" GROUP BY station`,
				Polars:     "t.group_by('station').agg(pl.col('temperature').min().alias('lo'), pl.col('temperature').mean().alias('mean'), pl.col('temperature').max().alias('hi'))",
			},
			Plain: true, Bars: []Bar{{Ratio: 2}}, Rows: 50_000_000,
			expect: temperatures,
		},
	}
	return slices.Concat(list, files(), topics(), streams(), windowed(), grouping(), arrowFiles(), ordering(), texts())
}

// FindWorkload gives a workload by name.
func FindWorkload(name string) (*Workload, error) {
	var names []string
	for _, w := range Workloads() {
		if w.Name == name {
			return w, nil
		}
		names = append(names, w.Name)
	}
	return nil, usage{fmt.Errorf("there is no workload %q; workloads: %s", name, strings.Join(names, ", "))}
}

// HasLoop tells that there is a row loop for a source and format.
func (w *Workload) HasLoop(source, format string) bool {
	return source == "memory" && w.Loop != nil || source == "file" && w.Baseline != nil && format == w.BaseFormat
}

func buys(d *dataset.Dataset) *answer {
	type group struct{ n, quantity, price int64 }
	symbol, quantity, price, side := d.Index("symbol"), d.Index("quantity"), d.Index("price"), d.Index("side")
	groups := map[string]*group{}
	return &answer{
		add: func(row []dataset.Cell) {
			if row[side].S != "BUY" || row[price].I <= 500*1e4 {
				return
			}
			g := entry(groups, row[symbol].S)
			g.n++
			g.quantity += row[quantity].I
			g.price += row[price].I
		},
		rows: func() (out [][]any) {
			for s, g := range groups {
				out = append(out, []any{s, g.n, g.quantity, float64(g.price) / 1e4 / float64(g.n)})
			}
			return out
		},
	}
}

// five groups by a text: count, sum of integers, and least, greatest and mean of
// doubles, which are summed as the integers they were made from.
func five(key, integer, decimal string) func(*dataset.Dataset) *answer {
	type group struct{ n, quantity, sum, lo, hi int64 }
	return func(d *dataset.Dataset) *answer {
		k, q, p := d.Index(key), d.Index(integer), d.Index(decimal)
		groups := map[string]*group{}
		return &answer{
			add: func(row []dataset.Cell) {
				g := groups[row[k].S]
				if g == nil {
					g = &group{lo: row[p].I, hi: row[p].I}
					groups[row[k].S] = g
				}
				g.n++
				g.quantity += row[q].I
				g.sum += row[p].I
				g.lo, g.hi = min(g.lo, row[p].I), max(g.hi, row[p].I)
			},
			rows: func() (out [][]any) {
				for s, g := range groups {
					out = append(out, []any{s, g.n, g.quantity, float64(g.lo) / 1e4, float64(g.hi) / 1e4, float64(g.sum) / 1e4 / float64(g.n)})
				}
				return out
			},
		}
	}
}

// fivePeers is the query whose answer five computes.
func fivePeers(table, key, integer, decimal string) Peers {
	sql := fmt.Sprintf("SELECT %[2]s, COUNT(*) AS n, SUM(%[3]s) AS total, MIN(%[4]s) AS lo, MAX(%[4]s) AS hi, AVG(%[4]s) AS mean FROM %[1]s GROUP BY %[2]s", table, key, integer, decimal)
	return Peers{
		DuckDB:     strings.Replace(sql, " AS total", "::BIGINT AS total", 1), // its sum of BIGINT is a HUGEINT
		DataFusion: sql,
		ClickHouse: sql,
		Polars: fmt.Sprintf("t.group_by('%[1]s').agg(pl.len().alias('n'), pl.col('%[2]s').sum(), pl.col('%[3]s').min().alias('lo'), pl.col('%[3]s').max().alias('hi'), pl.col('%[3]s').mean().alias('mean'))",
			key, integer, decimal),
	}
}

func temperatures(d *dataset.Dataset) *answer {
	type group struct{ n, sum, lo, hi int64 }
	station, temperature := d.Index("station"), d.Index("temperature")
	groups := map[string]*group{}
	return &answer{
		add: func(row []dataset.Cell) {
			x := row[temperature].I
			g := groups[row[station].S]
			if g == nil {
				g = &group{lo: x, hi: x}
				groups[row[station].S] = g
			}
			g.n++
			g.sum += x
			g.lo, g.hi = min(g.lo, x), max(g.hi, x)
		},
		rows: func() (out [][]any) {
			for s, g := range groups {
				out = append(out, []any{s, float64(g.lo) / 1e4, float64(g.sum) / 1e4 / float64(g.n), float64(g.hi) / 1e4})
			}
			return out
		},
	}
}
