package bench

import (
	"maps"
	"slices"
	"strings"

	"github.com/velostream/velo/bench/baseline"
	"github.com/velostream/velo/bench/dataset"
)

// windowed are the workloads of windows, changes and frames.
func windowed() []*Workload {
	disorder := map[string]string{
		"event.time.field": "timestamp", "watermark.strategy": "bounded_out_of_orderness", "watermark.max_out_of_orderness": "2s",
	}
	const numbered = `WITH gaps AS (SELECT customer, quantity, "timestamp" AS t, GAP AS gap FROM orders),
		numbered AS (SELECT customer, quantity, t, SUM(CASE WHEN gap IS NULL OR gap > 10000 THEN 1 ELSE 0 END) OVER (PARTITION BY customer ORDER BY t ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS s FROM gaps)
		SELECT customer, MIN(t) AS start, MAX(t) + 10000 AS stop, COUNT(*) AS n, CAST(SUM(quantity) AS BIGINT) AS quantity FROM numbered GROUP BY customer, s`
	return []*Workload{
		{
			Name: "tumbling", About: "event time out of order, WINDOW TUMBLING(60s) by 1,000 symbols, 2 aggregates",
			SQL:     "SELECT symbol, _window_start AS start, COUNT(*) AS n, AVG(bid) AS bid FROM quotes GROUP BY symbol WINDOW TUMBLING(60s)",
			Dataset: "quotes", Source: "memory", Format: "jsonl", Columns: []string{"symbol", "bid", "timestamp"}, Keys: 2,
			Props: disorder, Loop: baseline.Tumbling, Peers: Peers{
				DuckDB:     `SELECT symbol, "timestamp" // 60000 * 60000 AS start, COUNT(*) AS n, AVG(bid) AS bid FROM quotes GROUP BY symbol, start`,
				DataFusion: `SELECT symbol, "timestamp" / 60000 * 60000 AS start, COUNT(*) AS n, AVG(bid) AS bid FROM quotes GROUP BY symbol, "timestamp" / 60000 * 60000`,
				ClickHouse: `SELECT symbol, intDiv("timestamp", 60000) * 60000 AS start, COUNT(*) AS n, AVG(bid) AS bid FROM quotes GROUP BY symbol, start`,
				Polars:     "t.group_by('symbol', (pl.col('timestamp') // 60000 * 60000).alias('start')).agg(pl.len().cast(pl.Int64).alias('n'), pl.col('bid').mean())",
			},
			Bars: []Bar{{Ratio: 1.5}}, Rows: 3_000_000, expect: minutes,
		},
		{
			Name: "sliding", About: "the same with SLIDING(60s, 1s): each row counts in 60 windows, and about as many rows come out as go in",
			SQL:     "SELECT symbol, _window_start AS start, COUNT(*) AS n, AVG(bid) AS bid FROM quotes GROUP BY symbol WINDOW SLIDING(60s, 1s)",
			Dataset: "quotes", Source: "memory", Format: "jsonl", Columns: []string{"symbol", "bid", "timestamp"}, Keys: 2,
			Props: disorder, Loop: baseline.Sliding, Peers: Peers{DuckDB: `WITH panes AS (SELECT symbol, "timestamp" // 1000 AS second, COUNT(*) AS n, SUM(bid) AS bid FROM quotes GROUP BY symbol, second)
				SELECT symbol, (second - w) * 1000 AS start, SUM(n)::BIGINT AS n, SUM(bid) / SUM(n) AS bid FROM panes, range(60) r(w) GROUP BY symbol, second - w`},
			expect: overlapping(1000, 60),
		},
		{
			Name: "hopping", About: "the same with HOPPING(60s, 10s) by 500 symbols: each row counts in 6 windows",
			SQL:     "SELECT symbol, _window_start AS start, COUNT(*) AS n, AVG(bid) AS bid FROM quotes GROUP BY symbol WINDOW HOPPING(60s, 10s)",
			Dataset: "quotes", Source: "memory", Format: "jsonl", Columns: []string{"symbol", "bid", "timestamp"}, Keys: 2, KeyCount: 500,
			Props: disorder, Bars: []Bar{{Ratio: 1.5}}, Rows: 3_000_000, expect: overlapping(10_000, 6),
			Peers: Peers{
				DuckDB: `WITH panes AS (SELECT symbol, "timestamp" // 10000 AS pane, COUNT(*) AS n, SUM(bid) AS bid FROM quotes GROUP BY symbol, pane)
					SELECT symbol, (pane - w) * 10000 AS start, SUM(n)::BIGINT AS n, SUM(bid) / SUM(n) AS bid FROM panes, range(6) r(w) GROUP BY symbol, pane - w`,
				DataFusion: `WITH panes AS (SELECT symbol, "timestamp" / 10000 AS pane, COUNT(*) AS n, SUM(bid) AS bid FROM quotes GROUP BY symbol, "timestamp" / 10000)
					SELECT symbol, (pane - w) * 10000 AS start, SUM(n) AS n, SUM(bid) / SUM(n) AS bid FROM panes CROSS JOIN (VALUES (0), (1), (2), (3), (4), (5)) r(w) GROUP BY symbol, (pane - w) * 10000`,
				ClickHouse: `WITH panes AS (SELECT symbol, intDiv("timestamp", 10000) AS pane, toInt64(COUNT(*)) AS n, SUM(bid) AS bid FROM quotes GROUP BY symbol, pane)
					SELECT symbol, (pane - arrayJoin([0, 1, 2, 3, 4, 5])) * 10000 AS start, SUM(panes.n) AS n, SUM(panes.bid) / SUM(panes.n) AS bid FROM panes GROUP BY symbol, start`,
				Polars: `(t.group_by('symbol', (pl.col('timestamp') // 10000).alias('pane')).agg(pl.len().cast(pl.Int64).alias('n'), pl.col('bid').sum()).join(pl.LazyFrame({'w': range(6)}), how='cross')
					.group_by('symbol', ((pl.col('pane') - pl.col('w')) * 10000).alias('start')).agg(pl.col('n').sum(), (pl.col('bid').sum() / pl.col('n').sum()).alias('bid')))`,
			},
		},
		{
			Name: "session", About: "WINDOW SESSION(10s) by 10,000 customers, each with an order in 10 s on average, 2 aggregates",
			SQL:     "SELECT customer, _window_start AS start, _window_end AS stop, COUNT(*) AS n, SUM(quantity) AS quantity FROM orders GROUP BY customer WINDOW SESSION(10s)",
			Dataset: "orders", Source: "memory", Format: "jsonl", Columns: []string{"customer", "quantity", "timestamp"}, Keys: 2, KeyCount: 10_000,
			Props: map[string]string{"event.time.field": "timestamp"}, Loop: baseline.Session, Peers: Peers{
				DuckDB:     strings.Replace(numbered, "GAP", `"timestamp" - LAG("timestamp") OVER (PARTITION BY customer ORDER BY "timestamp")`, 1),
				DataFusion: strings.Replace(numbered, "GAP", `"timestamp" - LAG("timestamp") OVER (PARTITION BY customer ORDER BY "timestamp")`, 1),
				ClickHouse: strings.Replace(numbered, "GAP", `"timestamp" - lagInFrame("timestamp", 1, -1000000) OVER (PARTITION BY customer ORDER BY "timestamp" ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)`, 1),
				Polars: `(t.sort('customer', 'timestamp').with_columns(((pl.col('timestamp').diff() > 10000) | (pl.col('customer') != pl.col('customer').shift())).fill_null(True).cum_sum().alias('s'))
					.group_by('customer', 's').agg(pl.col('timestamp').min().alias('start'), (pl.col('timestamp').max() + 10000).alias('stop'), pl.len().cast(pl.Int64).alias('n'), pl.col('quantity').sum()).drop('s'))`,
			},
			Bars: []Bar{{Ratio: 3}}, Rows: 3_000_000,
			expect: visits,
		},
		{
			Name: "emit-changes", About: "GROUP BY 1,000 customers, EMIT CHANGES: the new row of its group for each row",
			SQL:     "SELECT customer, COUNT(*) AS n, SUM(quantity) AS quantity FROM orders GROUP BY customer EMIT CHANGES",
			Dataset: "orders", Source: "memory", Format: "jsonl", Columns: []string{"customer", "quantity"}, Keys: 2,
			Loop: baseline.Changes, Peers: Peers{DuckDB: `SELECT customer, COUNT(*) OVER w AS n, (SUM(quantity) OVER w)::BIGINT AS quantity FROM orders
				WINDOW w AS (PARTITION BY customer ORDER BY order_id ROWS UNBOUNDED PRECEDING)`},
			expect: running,
		},
		{
			Name: "moving-average", About: "mean of each symbol's last 10 prices for each row, by OVER",
			SQL:     "SELECT trade_id, AVG(price) OVER (PARTITION BY symbol ORDER BY trade_id ROWS 9 PRECEDING) AS mean FROM trades",
			Dataset: "trades", Source: "memory", Format: "jsonl", Columns: []string{"trade_id", "symbol", "price"}, Keys: 1,
			Loop: baseline.MovingAverage, Peers: Peers{DuckDB: `SELECT trade_id, AVG(price) OVER (PARTITION BY symbol ORDER BY trade_id ROWS 9 PRECEDING) AS mean FROM trades`},
			expect: lastTen,
		},
	}
}

func minutes(d *dataset.Dataset) *answer {
	type key struct {
		symbol string
		start  int64
	}
	type group struct{ n, bid int64 }
	symbol, bid, at := d.Index("symbol"), d.Index("bid"), d.Index("timestamp")
	groups := map[key]*group{}
	return &answer{
		add: func(row []dataset.Cell) {
			k := key{row[symbol].S, row[at].I / 60_000 * 60_000}
			g := entry(groups, k)
			g.n++
			g.bid += row[bid].I
		},
		rows: func() (out [][]any) {
			for k, g := range groups {
				out = append(out, []any{k.symbol, k.start, g.n, float64(g.bid) / 1e4 / float64(g.n)})
			}
			return out
		},
	}
}

// overlapping sums panes of so many ms of each symbol, as integers, and moves over
// them, panes of them to a window.
func overlapping(ms, panes int64) func(d *dataset.Dataset) *answer {
	type pane struct{ n, bid int64 }
	return func(d *dataset.Dataset) *answer {
		symbol, bid, at := d.Index("symbol"), d.Index("bid"), d.Index("timestamp")
		all := map[string]map[int64]pane{}
		return &answer{
			add: func(row []dataset.Cell) {
				m := all[row[symbol].S]
				if m == nil {
					m = map[int64]pane{}
					all[row[symbol].S] = m
				}
				p := m[row[at].I/ms]
				m[row[at].I/ms] = pane{p.n + 1, p.bid + row[bid].I}
			},
			rows: func() (out [][]any) {
				for symbol, m := range all {
					at := slices.Sorted(maps.Keys(m))
					var sum pane
					for start := at[0] - panes + 1; start <= at[len(at)-1]; start++ {
						in, gone := m[start+panes-1], m[start-1]
						sum = pane{sum.n + in.n - gone.n, sum.bid + in.bid - gone.bid}
						if sum.n > 0 {
							out = append(out, []any{symbol, start * ms, sum.n, float64(sum.bid) / 1e4 / float64(sum.n)})
						}
					}
				}
				return out
			},
		}
	}
}

// visits relies on orders being generated in the order of their times.
func visits(d *dataset.Dataset) *answer {
	type session struct{ first, last, n, quantity int64 }
	customer, quantity, at := d.Index("customer"), d.Index("quantity"), d.Index("timestamp")
	open := map[string]*session{}
	var out [][]any
	end := func(c string, s *session) {
		out = append(out, []any{c, s.first, s.last + 10_000, s.n, s.quantity})
	}
	return &answer{
		add: func(row []dataset.Cell) {
			s, t := open[row[customer].S], row[at].I
			if s == nil || t-s.last > 10_000 {
				if s != nil {
					end(row[customer].S, s)
				}
				s = &session{first: t}
				open[row[customer].S] = s
			}
			s.last = t
			s.n++
			s.quantity += row[quantity].I
		},
		rows: func() [][]any {
			for c, s := range open {
				end(c, s)
			}
			return out
		},
	}
}

func running(d *dataset.Dataset) *answer {
	type group struct{ n, quantity int64 }
	customer, quantity := d.Index("customer"), d.Index("quantity")
	groups := map[string]*group{}
	var out [][]any
	return &answer{
		add: func(row []dataset.Cell) {
			g := entry(groups, row[customer].S)
			g.n++
			g.quantity += row[quantity].I
			out = append(out, []any{row[customer].S, g.n, g.quantity})
		},
		rows: func() [][]any { return out },
	}
}

func lastTen(d *dataset.Dataset) *answer {
	id, symbol, price := d.Index("trade_id"), d.Index("symbol"), d.Index("price")
	last := map[string][]int64{}
	var out [][]any
	return &answer{
		add: func(row []dataset.Cell) {
			ten := append(last[row[symbol].S], row[price].I)
			ten = ten[max(0, len(ten)-10):]
			last[row[symbol].S] = ten
			sum := int64(0)
			for _, x := range ten {
				sum += x
			}
			out = append(out, []any{row[id].I, float64(sum) / 1e4 / float64(len(ten))})
		},
		rows: func() [][]any { return out },
	}
}
