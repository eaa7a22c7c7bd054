package bench

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/velostream/velo/bench/dataset"
)

// ordering are the workloads of sorts, ranks and frames over records in memory.
func ordering() []*Workload {
	const sorted = "SELECT trade_id, symbol, price FROM trades ORDER BY price"
	const dearest = "SELECT trade_id, symbol, price FROM trades ORDER BY price DESC, trade_id LIMIT 10"
	const each = `SELECT trade_id, symbol, price, n FROM (SELECT trade_id, symbol, price, ROW_NUMBER() OVER (PARTITION BY symbol ORDER BY price DESC, trade_id) AS n FROM trades) d
		WHERE n <= 3`
	const frames = `SELECT trade_id, ROW_NUMBER() OVER (PARTITION BY symbol ORDER BY trade_id) AS n, LAG(price, 1, 0.0) OVER (PARTITION BY symbol ORDER BY trade_id) AS before,
		AVG(price) OVER (PARTITION BY symbol ORDER BY trade_id ROWS BETWEEN 9 PRECEDING AND CURRENT ROW) AS mean FROM trades`
	const lag = "lagInFrame(price, 1, 0.0) OVER (PARTITION BY symbol ORDER BY trade_id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)"
	const polarsSorted = "t.select('trade_id', 'symbol', 'price').sort('price')"
	sort := Workload{
		Name: "sort", About: "Arrow in memory, ORDER BY a DOUBLE, three columns out", SQL: sorted,
		Dataset: "trades", Source: "memory", Format: "jsonl", Columns: []string{"trade_id", "symbol", "price"}, Keys: 1, Rows: 3_000_000,
		Peers: sameSQL(sorted, polarsSorted), Bars: []Bar{{Ratio: 2}}, expect: byPrice(-1), ordered: ascending,
	}
	csv := sort
	csv.Name, csv.About, csv.Answer = "sort-csv", "the same, written as CSV", "csv"
	return []*Workload{
		&sort, &csv,
		{
			Name: "top-10", About: "Arrow in memory, ORDER BY a DOUBLE, LIMIT 10", SQL: dearest,
			Dataset: "trades", Source: "memory", Format: "jsonl", Columns: []string{"trade_id", "symbol", "price"}, Keys: 1, Rows: 3_000_000,
			Peers: sameSQL(dearest, "t.select('trade_id', 'symbol', 'price').sort('price', 'trade_id', descending=[True, False]).head(10)"),
			Bars:  []Bar{{Ratio: 1.5}}, expect: byPrice(10),
		},
		{
			Name: "top-3-each", About: "Arrow in memory, the three greatest of each of 500 symbols, by ROW_NUMBER", SQL: each,
			Dataset: "trades", Source: "memory", Format: "jsonl", Columns: []string{"trade_id", "symbol", "price"}, Keys: 1, Rows: 3_000_000,
			Peers: sameSQL(each, "t.select('trade_id', 'symbol', 'price', n=pl.col('price').rank('ordinal', descending=True).over('symbol').cast(pl.Int64)).filter(pl.col('n') <= 3)"),
			Bars:  []Bar{{Ratio: 2}}, expect: threeEach,
		},
		{
			Name: "over", About: "Arrow in memory, ROW_NUMBER, LAG and the mean of 10 rows, PARTITION BY 500 symbols", SQL: frames,
			Dataset: "trades", Source: "memory", Format: "jsonl", Columns: []string{"trade_id", "symbol", "price"}, Keys: 1, Rows: 3_000_000,
			Peers: Peers{DuckDB: frames, DataFusion: frames, ClickHouse: strings.Replace(frames, "LAG(price, 1, 0.0) OVER (PARTITION BY symbol ORDER BY trade_id)", lag, 1),
				Polars: `t.select('trade_id', pl.int_range(1, pl.len() + 1).over('symbol', order_by='trade_id').alias('n'), pl.col('price').shift(1, fill_value=0.0).over('symbol', order_by='trade_id').alias('before'),
					pl.col('price').rolling_mean(10, min_samples=1).over('symbol', order_by='trade_id').alias('mean'))`},
			Bars: []Bar{{Ratio: 1}}, expect: framed,
		},
	}
}

// ascending tells whether rows come in the order of their price.
func ascending(rows [][]any) error {
	for i := 1; i < len(rows); i++ {
		if rows[i][2].(float64) < rows[i-1][2].(float64) {
			return fmt.Errorf("wrong answer: row %d is before row %v", i, rows[i-1])
		}
	}
	return nil
}

type trade struct {
	id, price int64
	symbol    string
}

// dearest orders trades by price, dearest first, ties by number.
func dearest(a, b trade) int { return cmp.Or(cmp.Compare(b.price, a.price), cmp.Compare(a.id, b.id)) }

// byPrice gives all trades, or the n dearest.
func byPrice(n int) func(*dataset.Dataset) *answer {
	return func(d *dataset.Dataset) *answer {
		id, symbol, price := d.Index("trade_id"), d.Index("symbol"), d.Index("price")
		var list []trade
		return &answer{
			add: func(row []dataset.Cell) { list = append(list, trade{row[id].I, row[price].I, row[symbol].S}) },
			rows: func() (out [][]any) {
				if n < 0 {
					n = len(list)
				}
				slices.SortFunc(list, dearest)
				for _, t := range list[:min(n, len(list))] {
					out = append(out, []any{t.id, t.symbol, float64(t.price) / 1e4})
				}
				return out
			},
		}
	}
}

func threeEach(d *dataset.Dataset) *answer {
	id, symbol, price := d.Index("trade_id"), d.Index("symbol"), d.Index("price")
	best := map[string][]trade{}
	return &answer{
		add: func(row []dataset.Cell) {
			list := append(best[row[symbol].S], trade{row[id].I, row[price].I, row[symbol].S})
			slices.SortFunc(list, dearest)
			best[row[symbol].S] = list[:min(3, len(list))]
		},
		rows: func() (out [][]any) {
			for _, list := range best {
				for n, t := range list {
					out = append(out, []any{t.id, t.symbol, float64(t.price) / 1e4, int64(n + 1)})
				}
			}
			return out
		},
	}
}

func framed(d *dataset.Dataset) *answer {
	id, symbol, price := d.Index("trade_id"), d.Index("symbol"), d.Index("price")
	type partition struct {
		n    int64
		last []int64
	}
	parts := map[string]*partition{}
	var out [][]any
	return &answer{
		add: func(row []dataset.Cell) {
			p := entry(parts, row[symbol].S)
			before := 0.0
			if p.n > 0 {
				before = float64(p.last[len(p.last)-1]) / 1e4
			}
			p.n++
			p.last = append(p.last, row[price].I)
			p.last = p.last[max(0, len(p.last)-10):]
			sum := int64(0)
			for _, x := range p.last {
				sum += x
			}
			out = append(out, []any{row[id].I, p.n, before, float64(sum) / 1e4 / float64(len(p.last))})
		},
		rows: func() [][]any { return out },
	}
}
