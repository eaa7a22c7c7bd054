package bench

import (
	"fmt"

	"github.com/velostream/velo/bench/dataset"
)

// grouping are the workloads of hash aggregation over records in memory.
func grouping() []*Workload {
	const aggregates = "COUNT(*) AS n, SUM(price) AS total, AVG(price) AS mean, MIN(price) AS lo, MAX(price) AS hi"
	by := func(name, key, about string, bars ...Bar) *Workload {
		sql := "SELECT " + key + ", " + aggregates + " FROM keyed GROUP BY " + key
		polars := "t.group_by('" + key + "').agg(pl.len().alias('n'), pl.col('price').sum().alias('total'), pl.col('price').mean().alias('mean'), pl.col('price').min().alias('lo'), pl.col('price').max().alias('hi'))"
		return &Workload{
			Name: name, About: "Arrow in memory, GROUP BY " + about + ", 5 aggregates", SQL: sql, Peers: sameSQL(sql, polars),
			Dataset: "keyed", Source: "memory", Columns: []string{key, "price"}, Keys: 1, Bars: bars, Nulls: key == "missing", expect: summary(key),
		}
	}
	list := []*Workload{
		by("group-symbols", "symbol", "500 symbols", Bar{Ratio: 1.2}, Bar{Peer: "duckdb", Ratio: 2}),
		by("group-zipf", "skewed", "500 symbols, Zipf 1.1", Bar{Ratio: 1.2}),
		by("group-missing", "missing", "500 symbols, one row in ten NULL", Bar{Ratio: 1}),
		by("group-million", "key", "a million texts of 12 bytes", Bar{Ratio: 1.4}),
		by("group-million-long", "long", "a million texts of 36 bytes", Bar{Ratio: 1.2}),
		by("group-million-int", "num", "a million integers that lie far apart", Bar{Ratio: 1.8}),
		{
			Name: "filter-group", About: "Arrow in memory, filter of one row in four, GROUP BY 500 symbols, 2 aggregates",
			SQL:     "SELECT symbol, COUNT(*) AS n, SUM(price) AS total FROM keyed WHERE side = 'BUY' AND price > 505 GROUP BY symbol",
			Peers:   Peers{Polars: "t.filter((pl.col('side') == 'BUY') & (pl.col('price') > 505)).group_by('symbol').agg(pl.len().alias('n'), pl.col('price').sum().alias('total'))"},
			Columns: []string{"symbol", "side", "price"}, Keys: 1, Bars: []Bar{{Ratio: 1.2}}, expect: bought,
		},
		{
			Name: "distinct-pairs", About: "Arrow in memory, COUNT(DISTINCT trader) by symbol, a million pairs",
			SQL:     "SELECT symbol, COUNT(DISTINCT trader) AS n FROM keyed GROUP BY symbol",
			Peers:   Peers{Polars: "t.group_by('symbol').agg(pl.col('trader').n_unique().alias('n'))"},
			Columns: []string{"symbol", "trader"}, Keys: 1, Bars: []Bar{{Ratio: 1}}, expect: pairs,
		},
		{
			Name: "distinct-keys", About: "Arrow in memory, COUNT(DISTINCT key) of a million texts",
			SQL:     "SELECT COUNT(DISTINCT key) AS n FROM keyed",
			Peers:   Peers{Polars: "t.select(pl.col('key').n_unique().alias('n'))"},
			Columns: []string{"key"}, Bars: []Bar{{Ratio: 1}}, expect: different,
		},
		{
			Name: "predicates-sum", About: "Arrow in memory, two predicates and a sum",
			SQL:     "SELECT SUM(price) AS total FROM keyed WHERE price > 255 AND quantity <= 500",
			Peers:   Peers{Polars: "t.filter((pl.col('price') > 255) & (pl.col('quantity') <= 500)).select(pl.col('price').sum().alias('total'))"},
			Columns: []string{"price", "quantity"}, Bars: []Bar{{Peer: "duckdb", Ratio: 2}}, expect: chosen,
			Rows: 20_000_000, // three million take 4 ms, too little beside what a process does when its turn comes
		},
		{
			Name: "decimal-sum", About: "Arrow in memory, DECIMAL(18,4) times BIGINT summed exactly by 500 symbols",
			SQL:     "SELECT symbol, SUM(CAST(cash AS DECIMAL(18,4)) * quantity) AS total FROM keyed GROUP BY symbol",
			Peers:   Peers{Polars: "t.group_by('symbol').agg((pl.col('cash') * pl.col('quantity').cast(pl.Decimal(18, 0))).sum().alias('total'))"},
			Columns: []string{"symbol", "quantity", "cash"}, Keys: 1, Bars: []Bar{{Ratio: 1}}, expect: exact,
		},
	}
	for _, w := range list {
		w.Dataset, w.Source, w.Format, w.Rows = "keyed", "memory", "csv", orElse(w.Rows, 3_000_000)
		if w.Peers.DuckDB == "" { // they ask in the same words as we do
			w.Peers = sameSQL(w.SQL, w.Peers.Polars)
		}
	}
	return list
}

// group is what the answers need of one group; the sum is of ten-thousandths.
type group struct{ n, sum, lo, hi int64 }

func (g *group) add(x int64) {
	if g.n == 0 {
		g.lo, g.hi = x, x
	}
	g.n++
	g.sum += x
	g.lo, g.hi = min(g.lo, x), max(g.hi, x)
}

// groups are groups by any key, as rows of an answer.
type groups map[any]*group

func (m groups) at(key any) *group {
	return entry(m, key)
}

func (m groups) rows(values func(g *group) []any) func() [][]any {
	return func() (out [][]any) {
		for k, g := range m {
			out = append(out, append([]any{k}, values(g)...))
		}
		return out
	}
}

func summary(key string) func(*dataset.Dataset) *answer {
	return func(d *dataset.Dataset) *answer {
		k, p, m := d.Index(key), d.Index("price"), groups{}
		return &answer{
			add: func(row []dataset.Cell) { m.at(value(d.Columns[k], row[k])).add(row[p].I) },
			rows: m.rows(func(g *group) []any {
				return []any{g.n, float64(g.sum) / 1e4, float64(g.sum) / 1e4 / float64(g.n), float64(g.lo) / 1e4, float64(g.hi) / 1e4}
			}),
		}
	}
}

// value is a text or an integer as an answer has it.
func value(c dataset.Column, x dataset.Cell) any {
	switch {
	case x.Null:
		return nil
	case c.Kind == dataset.Text:
		return x.S
	}
	return x.I
}

func bought(d *dataset.Dataset) *answer {
	symbol, side, price, m := d.Index("symbol"), d.Index("side"), d.Index("price"), groups{}
	return &answer{
		add: func(row []dataset.Cell) {
			if row[side].S == "BUY" && row[price].I > 505*1e4 {
				m.at(row[symbol].S).add(row[price].I)
			}
		},
		rows: m.rows(func(g *group) []any { return []any{g.n, float64(g.sum) / 1e4} }),
	}
}

func pairs(d *dataset.Dataset) *answer {
	type pair struct{ symbol, trader string }
	symbol, trader, m, seen := d.Index("symbol"), d.Index("trader"), groups{}, map[pair]bool{}
	return &answer{
		add: func(row []dataset.Cell) {
			p := pair{row[symbol].S, row[trader].S}
			if !seen[p] {
				seen[p] = true
				m.at(p.symbol).n++
			}
		},
		rows: m.rows(func(g *group) []any { return []any{g.n} }),
	}
}

func different(d *dataset.Dataset) *answer {
	key, seen := d.Index("key"), map[string]bool{}
	return &answer{
		add:  func(row []dataset.Cell) { seen[row[key].S] = true },
		rows: func() [][]any { return [][]any{{int64(len(seen))}} },
	}
}

func chosen(d *dataset.Dataset) *answer {
	price, quantity, sum := d.Index("price"), d.Index("quantity"), int64(0)
	return &answer{
		add: func(row []dataset.Cell) {
			if row[price].I > 255*1e4 && row[quantity].I <= 500 {
				sum += row[price].I
			}
		},
		rows: func() [][]any { return [][]any{{float64(sum) / 1e4}} },
	}
}

func exact(d *dataset.Dataset) *answer {
	symbol, quantity, cash, m := d.Index("symbol"), d.Index("quantity"), d.Index("cash"), groups{}
	return &answer{
		add:  func(row []dataset.Cell) { m.at(row[symbol].S).sum += row[quantity].I * row[cash].I },
		rows: m.rows(func(g *group) []any { return []any{fmt.Sprintf("%d.%04d", g.sum/1e4, g.sum%1e4)} }),
	}
}
