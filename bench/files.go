package bench

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/velostream/velo/bench/dataset"
)

const (
	selectFive    = "SELECT symbol, COUNT(*) AS n, SUM(quantity) AS quantity, MIN(price) AS lo, MAX(price) AS hi, AVG(price) AS price FROM "
	selectBuys    = "SELECT symbol, COUNT(*) AS n, SUM(quantity) AS quantity, AVG(price) AS price FROM trades WHERE side = 'BUY' AND price > 500 GROUP BY symbol"
	tradeColumns  = "trade_id BIGINT, symbol STRING, price DOUBLE, quantity BIGINT, side STRING, trader STRING, timestamp BIGINT, event_time TIMESTAMP"
	selectMinutes = "SELECT symbol, _window_start AS start, COUNT(*) AS n, AVG(price) AS price FROM trades"
	selectFew     = "SELECT trade_id, symbol, price, quantity FROM trades WHERE quantity <= 200"
)

// buysPeers is the query whose answer buys computes.
func buysPeers() Peers {
	sql := "SELECT symbol, COUNT(*) AS n, SUM(quantity) AS total, AVG(price) AS mean FROM trades WHERE side = 'BUY' AND price > 500 GROUP BY symbol"
	return Peers{
		DuckDB: strings.Replace(sql, " AS total", "::BIGINT AS total", 1), DataFusion: sql, ClickHouse: sql,
		Polars: "t.filter((pl.col('side') == 'BUY') & (pl.col('price') > 500)).group_by('symbol').agg(pl.len().alias('n'), pl.col('quantity').sum(), pl.col('price').mean())",
	}
}

// allPeers uses every field; the time is text in their tables, as it is in the file.
func allPeers() Peers {
	sql := "SELECT symbol, COUNT(*) AS n, SUM(quantity)%s AS total, AVG(price) AS mean, MAX(trade_id) AS latest, %s AS seen FROM trades " +
		"WHERE side = 'BUY' AND trader <> 'trader0000' AND \"timestamp\" >= 1700000000000 GROUP BY symbol"
	return Peers{
		DuckDB:     fmt.Sprintf(sql, "::BIGINT", "epoch_ms(MAX(event_time::TIMESTAMP))"),
		DataFusion: fmt.Sprintf(sql, "", "CAST(MAX(CAST(event_time AS TIMESTAMP(3))) AS BIGINT)"),
		ClickHouse: fmt.Sprintf(sql, "", "toUnixTimestamp64Milli(MAX(parseDateTime64BestEffort(event_time, 3, 'UTC')))"),
		Polars: "t.filter((pl.col('side') == 'BUY') & (pl.col('trader') != 'trader0000') & (pl.col('timestamp') >= 1700000000000)).group_by('symbol').agg(pl.len().alias('n'), pl.col('quantity').sum(), " +
			"pl.col('price').mean(), pl.col('trade_id').max(), pl.col('event_time').str.to_datetime('%Y-%m-%dT%H:%M:%S%.3fZ', time_unit='ms').max().cast(pl.Int64))",
	}
}

// minutePeers is the query whose answer tradeMinutes computes.
func minutePeers(where, filter string) Peers {
	sql := "SELECT symbol, %s AS start, COUNT(*) AS n, AVG(price) AS mean FROM trades" + where + " GROUP BY symbol, %s"
	of := func(minute, by string) string { return fmt.Sprintf(sql, minute, by) }
	return Peers{
		DuckDB:     of(`"timestamp" // 60000 * 60000`, "start"),
		DataFusion: of(`"timestamp" / 60000 * 60000`, `"timestamp" / 60000 * 60000`),
		ClickHouse: of("intDiv(timestamp, 60000) * 60000", "start"),
		Polars:     "t" + filter + ".with_columns((pl.col('timestamp') // 60000 * 60000).alias('start')).group_by('symbol', 'start').agg(pl.len().alias('n'), pl.col('price').mean())",
	}
}

// capturePeers leaves out DataFusion, which has no function for JSON in a text.
func capturePeers() Peers {
	p := minutePeers(" WHERE side = 'BUY'", ".filter(pl.col('side') == 'BUY')")
	p.DataFusion = ""
	return p
}

// files are the workloads of files of records, from the first byte to the answer.
func files() []*Workload {
	five := []string{"symbol", "quantity", "price"}
	times := map[string]string{"event.time.field": "timestamp"}
	return []*Workload{
		{
			Name: "json-group-all", About: "JSON lines, all 8 fields used, ISO time parsed, filter of one row in two, GROUP BY 500 symbols, 5 aggregates",
			SQL: "SELECT symbol, COUNT(*) AS n, SUM(quantity) AS quantity, AVG(price) AS price, MAX(trade_id) AS last, MAX(CAST(event_time AS TIMESTAMP)) AS seen FROM trades " +
				"WHERE side = 'BUY' AND trader <> 'trader0000' AND timestamp >= 1700000000000 GROUP BY symbol",
			Dataset: "trades", Source: "file", Format: "jsonl", Keys: 1, Props: map[string]string{"columns": tradeColumns},
			Peers: allPeers(), Bars: []Bar{{Ratio: 1.7}}, Rows: 3_000_000,
			expect: everything,
		},
		{
			Name: "json-group", About: "JSON lines, GROUP BY 500 symbols, 5 aggregates, the columns found in the file",
			SQL: selectFive + "trades GROUP BY symbol", Dataset: "trades", Source: "file", Format: "jsonl", Columns: five, Keys: 1,
			Peers: fivePeers("trades", "symbol", "quantity", "price"), Bars: []Bar{{Ratio: 1}}, Rows: 3_000_000, expect: fivePrices,
		},
		{
			Name: "json-mixed-orders", About: "the same with two orders of keys, 10 % without a price, 5 % with an escape",
			SQL: selectFive + "mixed GROUP BY symbol", Dataset: "mixed", Source: "file", Format: "jsonl", Columns: five, Keys: 1,
			Peers: fivePeers("mixed", "symbol", "quantity", "price"), Bars: []Bar{{Ratio: 1}}, Rows: 3_000_000, Nulls: true, expect: fivePrices,
		},
		{
			Name: "json-nested", About: "JSON lines, four of the fields in an object, filter of one row in two, GROUP BY 500 symbols",
			SQL:     "SELECT fill.symbol AS symbol, COUNT(*) AS n, SUM(fill.quantity) AS quantity, AVG(fill.price) AS price FROM nested WHERE fill.side = 'BUY' GROUP BY fill.symbol",
			Dataset: "nested", Source: "file", Format: "jsonl", Keys: 1,
			Peers: Peers{
				DuckDB:     "SELECT fill.symbol AS symbol, COUNT(*) AS n, SUM(fill.quantity)::BIGINT AS quantity, AVG(fill.price) AS price FROM nested WHERE fill.side = 'BUY' GROUP BY fill.symbol",
				DataFusion: "SELECT fill['symbol'] AS symbol, COUNT(*) AS n, SUM(fill['quantity']) AS quantity, AVG(fill['price']) AS price FROM nested WHERE fill['side'] = 'BUY' GROUP BY fill['symbol']",
				ClickHouse: "SELECT fill.symbol AS symbol, COUNT(*) AS n, SUM(fill.quantity) AS quantity, AVG(fill.price) AS price FROM nested WHERE fill.side = 'BUY' GROUP BY fill.symbol",
				Polars:     "t.select(pl.col('fill')).unnest('fill').filter(pl.col('side') == 'BUY').group_by('symbol').agg(pl.len().alias('n'), pl.col('quantity').sum(), pl.col('price').mean())",
			},
			expect: nestedBuys,
		},
		{
			Name: "json-random-orders", About: "the same with 1,000 orders of keys at random",
			SQL: selectFive + "shuffled GROUP BY symbol", Dataset: "shuffled", Source: "file", Format: "jsonl", Columns: five, Keys: 1,
			Peers: fivePeers("shuffled", "symbol", "quantity", "price"), Bars: []Bar{{Ratio: 1}}, Rows: 3_000_000, expect: fivePrices,
		},
		{
			Name: "json-tumbling", About: "JSON lines, WINDOW TUMBLING(60s) by 500 symbols, 2 aggregates",
			SQL: selectMinutes + " GROUP BY symbol WINDOW TUMBLING(60s)", Dataset: "trades", Source: "file", Format: "jsonl", Keys: 2, Props: times,
			Columns: []string{"symbol", "price", "timestamp"}, Peers: minutePeers("", ""), Bars: []Bar{{Ratio: 1}}, Rows: 3_000_000, expect: tradeMinutes(false),
		},
		{
			Name: "capture-tumbling", About: "records as kcat prints them, JSON payloads, filter of one row in two, WINDOW TUMBLING(60s) by 500 symbols",
			SQL:     selectMinutes + " WHERE side = 'BUY' GROUP BY symbol WINDOW TUMBLING(60s)",
			Dataset: "trades", Source: "file", Format: "capture", Keys: 2, Props: times,
			Columns: []string{"symbol", "price", "side", "timestamp"}, Peers: capturePeers(), Bars: []Bar{{Ratio: 4}}, expect: tradeMinutes(true),
		},
		{
			Name: "json-to-csv", About: "JSON lines to a CSV file: one row in five, 4 columns",
			SQL: selectFew, Dataset: "trades", Source: "file", Format: "jsonl", Columns: []string{"trade_id", "symbol", "price", "quantity"}, Keys: 1,
			Answer: "csv", Peers: sameSQL(selectFew, "t.filter(pl.col('quantity') <= 200).select('trade_id', 'symbol', 'price', 'quantity')"), Bars: []Bar{{Ratio: 1}}, Rows: 3_000_000, expect: few,
		},
		{
			Name: "json-to-json", About: "JSON lines to JSON lines: all rows, all columns",
			SQL: "SELECT * FROM trades", Dataset: "trades", Source: "file", Format: "jsonl", Keys: 1, Answer: "jsonl", expect: all,
			Peers: sameSQL("SELECT * FROM trades", "t"), Bars: []Bar{{Ratio: 1}, {MBps: 400}},
		},
		{
			Name: "csv-filter-group", About: "CSV of 8 fields, filter of one row in four, GROUP BY 500 symbols",
			SQL: selectBuys, Dataset: "trades", Source: "file", Format: "csv", Columns: []string{"symbol", "quantity", "price", "side"}, Keys: 1,
			Peers: buysPeers(), Bars: []Bar{{Ratio: 1.5}}, Rows: 3_000_000, expect: buys,
		},
		{
			Name: "csv-decimal", About: "CSV, DECIMAL(18,4) times BIGINT summed exactly by 500 symbols",
			SQL:     "SELECT symbol, SUM(price * quantity) AS volume FROM fills GROUP BY symbol",
			Dataset: "fills", Source: "file", Format: "csv", Columns: five, Keys: 1,
			Props: map[string]string{"columns": "trade_id BIGINT, symbol STRING, price DECIMAL(18,4), quantity BIGINT, side STRING, trader STRING, timestamp BIGINT, event_time STRING"},
			Peers: Peers{
				DuckDB:     "SELECT symbol, SUM(price * quantity)::DECIMAL(38,4) AS volume FROM fills GROUP BY symbol",
				DataFusion: "SELECT symbol, SUM(price * quantity) AS volume FROM fills GROUP BY symbol",
				ClickHouse: "SELECT symbol, SUM(price * quantity) AS volume FROM fills GROUP BY symbol",
				Polars:     "t.group_by('symbol').agg((pl.col('price') * pl.col('quantity').cast(pl.Decimal(18, 0))).sum().alias('volume'))",
			}, Bars: []Bar{{Ratio: 1}}, Rows: 3_000_000, expect: volumes,
		},
	}
}

func everything(d *dataset.Dataset) *answer {
	type group struct{ n, quantity, price, last, seen int64 }
	c := func(name string) int { return d.Index(name) }
	id, symbol, price, quantity, side, trader, at, seen := c("trade_id"), c("symbol"), c("price"), c("quantity"), c("side"), c("trader"), c("timestamp"), c("event_time")
	groups := map[string]*group{}
	return &answer{
		add: func(row []dataset.Cell) {
			if row[side].S != "BUY" || row[trader].S == "trader0000" || row[at].I < 1700000000000 {
				return
			}
			g := entry(groups, row[symbol].S)
			g.n++
			g.quantity += row[quantity].I
			g.price += row[price].I
			g.last, g.seen = max(g.last, row[id].I), max(g.seen, row[seen].I)
		},
		rows: func() (out [][]any) {
			for s, g := range groups {
				out = append(out, []any{s, g.n, g.quantity, float64(g.price) / 1e4 / float64(g.n), g.last, g.seen})
			}
			return out
		},
	}
}

func nestedBuys(d *dataset.Dataset) *answer {
	type group struct{ n, quantity, price int64 }
	symbol, quantity, price, side := d.Index("fill.symbol"), d.Index("fill.quantity"), d.Index("fill.price"), d.Index("fill.side")
	groups := map[string]*group{}
	return &answer{
		add: func(row []dataset.Cell) {
			if row[side].S != "BUY" {
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

// fivePrices is five for rows of which some have no price.
func fivePrices(d *dataset.Dataset) *answer {
	type group struct{ n, quantity, prices, sum, lo, hi int64 }
	symbol, quantity, price := d.Index("symbol"), d.Index("quantity"), d.Index("price")
	groups := map[string]*group{}
	return &answer{
		add: func(row []dataset.Cell) {
			g := entry(groups, row[symbol].S)
			g.n++
			g.quantity += row[quantity].I
			if row[price].Null {
				return
			}
			x := row[price].I
			if g.prices == 0 {
				g.lo, g.hi = x, x
			}
			g.prices++
			g.sum += x
			g.lo, g.hi = min(g.lo, x), max(g.hi, x)
		},
		rows: func() (out [][]any) {
			for s, g := range groups {
				row := []any{s, g.n, g.quantity, nil, nil, nil}
				if g.prices > 0 {
					row[3], row[4], row[5] = float64(g.lo)/1e4, float64(g.hi)/1e4, float64(g.sum)/1e4/float64(g.prices)
				}
				out = append(out, row)
			}
			return out
		},
	}
}

func tradeMinutes(buys bool) func(*dataset.Dataset) *answer {
	type key struct {
		symbol string
		start  int64
	}
	type group struct{ n, price int64 }
	return func(d *dataset.Dataset) *answer {
		symbol, price, side, at := d.Index("symbol"), d.Index("price"), d.Index("side"), d.Index("timestamp")
		groups := map[key]*group{}
		return &answer{
			add: func(row []dataset.Cell) {
				if buys && row[side].S != "BUY" {
					return
				}
				k := key{row[symbol].S, row[at].I / 60_000 * 60_000}
				g := entry(groups, k)
				g.n++
				g.price += row[price].I
			},
			rows: func() (out [][]any) {
				for k, g := range groups {
					out = append(out, []any{k.symbol, k.start, g.n, float64(g.price) / 1e4 / float64(g.n)})
				}
				return out
			},
		}
	}
}

func few(d *dataset.Dataset) *answer {
	id, symbol, price, quantity := d.Index("trade_id"), d.Index("symbol"), d.Index("price"), d.Index("quantity")
	var out [][]any
	return &answer{
		add: func(row []dataset.Cell) {
			if row[quantity].I <= 200 {
				out = append(out, []any{row[id].I, row[symbol].S, row[price].Float(), row[quantity].I})
			}
		},
		rows: func() [][]any { return out },
	}
}

// all are the rows as they are. Their times are text.
func all(d *dataset.Dataset) *answer {
	var out [][]any
	return &answer{
		add: func(row []dataset.Cell) {
			r := make([]any, len(row))
			for i, c := range d.Columns {
				switch c.Kind {
				case dataset.Decimal:
					r[i] = row[i].Float()
				case dataset.Text, dataset.ISOTime:
					r[i] = d.Columns[i].Text(row[i])
				default:
					r[i] = row[i].I
				}
			}
			out = append(out, r)
		},
		rows: func() [][]any { return out },
	}
}

// volumes are sums of products, which are integers of ten-thousandths.
func volumes(d *dataset.Dataset) *answer {
	symbol, price, quantity := d.Index("symbol"), d.Index("price"), d.Index("quantity")
	groups := map[string]int64{}
	return &answer{
		add: func(row []dataset.Cell) { groups[row[symbol].S] += row[price].I * row[quantity].I },
		rows: func() (out [][]any) {
			for s, x := range groups {
				out = append(out, []any{s, strconv.FormatInt(x/1e4, 10) + "." + strconv.Itoa(int(1e4 + x%1e4))[1:]})
			}
			return out
		},
	}
}
