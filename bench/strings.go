package bench

import (
	"strings"

	"github.com/velostream/velo/bench/dataset"
)

// texts are the workloads of functions over text, and of a text that is looked up.
func texts() []*Workload {
	const short = `SELECT trade_id, UPPER(trader) AS up, SUBSTRING(symbol, 4, 3) AS number, REPLACE(trader, 'trader', 'T-') AS code, LENGTH(trader) AS n, symbol || '-' || side AS pair
		FROM trades WHERE trader LIKE '%7%'`
	const long = `SELECT auction, UPPER(channel) AS up, SUBSTRING(url, 9, 15) AS host, REPLACE(url, 'item', 'lot') AS lot, LENGTH(extra) AS n, channel || '/' || extra AS path
		FROM nexmark WHERE url LIKE '%channel-%7%'`
	const joined = "SELECT COALESCE(desk, 'none') AS desk, COUNT(*) AS n, SUM(quantity) AS quantity FROM orders LEFT JOIN desks ON orders.customer = desks.owner GROUP BY desk"
	return []*Workload{
		{
			Name: "strings", About: "Arrow in memory, LIKE of a quarter of the rows, UPPER, SUBSTRING, REPLACE, LENGTH and concatenation of texts up to 12 bytes",
			SQL:     short,
			Dataset: "trades", Source: "memory", Format: "jsonl", Columns: []string{"trade_id", "symbol", "side", "trader"}, Keys: 1,
			Peers: sameSQL(short, `t.filter(pl.col('trader').str.contains('7', literal=True)).select('trade_id', pl.col('trader').str.to_uppercase().alias('up'), pl.col('symbol').str.slice(3, 3).alias('number'),
				pl.col('trader').str.replace_all('trader', 'T-', literal=True).alias('code'), pl.col('trader').str.len_chars().cast(pl.Int64).alias('n'), (pl.col('symbol') + '-' + pl.col('side')).alias('pair'))`),
			Bars: []Bar{{Ratio: 1}}, Rows: 3_000_000, expect: spelt,
		},
		{
			Name: "strings-long", About: "the same of texts up to 50 bytes, the pattern of two parts",
			SQL:     long,
			Dataset: "nexmark", Source: "memory", Format: "jsonl", Columns: []string{"auction", "channel", "url", "extra"}, Keys: 6,
			Peers: sameSQL(long, `t.filter(pl.col('url').str.contains('channel-.*7')).select('auction', pl.col('channel').str.to_uppercase().alias('up'), pl.col('url').str.slice(8, 15).alias('host'),
				pl.col('url').str.replace_all('item', 'lot', literal=True).alias('lot'), pl.col('extra').str.len_chars().cast(pl.Int64).alias('n'), (pl.col('channel') + '/' + pl.col('extra')).alias('path'))`),
			Bars: []Bar{{Ratio: 1}}, Rows: 3_000_000, expect: addressed,
		},
		{
			Name: "join-desks", About: "Arrow in memory, LEFT JOIN of a table of 10,000 rows by a text, GROUP BY 50 desks",
			SQL:     joined,
			Dataset: "orders", Source: "memory", Format: "jsonl", Columns: []string{"customer", "quantity"}, Keys: 1, KeyCount: 11_000,
			Lookup: "desks", Peers: Peers{DuckDB: joined, DataFusion: joined, ClickHouse: strings.Replace(joined, "COALESCE(desk, 'none')", "if(desk = '', 'none', desk)", 1),
				Polars: "t.join(desks, left_on='customer', right_on='owner', how='left').group_by(pl.col('desk').fill_null('none')).agg(pl.len().cast(pl.Int64).alias('n'), pl.col('quantity').sum())"},
			Bars: []Bar{{Ratio: 1}}, Rows: 3_000_000, expect: desks,
		},
	}
}

func spelt(d *dataset.Dataset) *answer {
	id, symbol, side, trader := d.Index("trade_id"), d.Index("symbol"), d.Index("side"), d.Index("trader")
	var out [][]any
	return &answer{
		add: func(row []dataset.Cell) {
			t := row[trader].S
			if strings.Contains(t, "7") {
				out = append(out, []any{row[id].I, strings.ToUpper(t), row[symbol].S[3:6], strings.ReplaceAll(t, "trader", "T-"), int64(len(t)), row[symbol].S + "-" + row[side].S})
			}
		},
		rows: func() [][]any { return out },
	}
}

func addressed(d *dataset.Dataset) *answer {
	auction, channel, url, extra := d.Index("auction"), d.Index("channel"), d.Index("url"), d.Index("extra")
	var out [][]any
	return &answer{
		add: func(row []dataset.Cell) {
			u, c := row[url].S, row[channel].S
			if _, rest, ok := strings.Cut(u, "channel-"); ok && strings.Contains(rest, "7") {
				out = append(out, []any{row[auction].I, strings.ToUpper(c), u[8:23], strings.ReplaceAll(u, "item", "lot"), int64(len(row[extra].S)), c + "/" + row[extra].S})
			}
		},
		rows: func() [][]any { return out },
	}
}

// lookupRows is how many rows a table has that is joined.
const lookupRows = 10_000

func desks(d *dataset.Dataset) *answer {
	type group struct{ n, quantity int64 }
	desk := map[string]string{}
	groups := map[string]*group{}
	add := func(customer string, quantity int64) {
		name, ok := desk[customer]
		if !ok {
			name = "none"
		}
		g := entry(groups, name)
		g.n++
		g.quantity += quantity
	}
	customer, quantity := d.Index("customer"), d.Index("quantity")
	table, err := dataset.Find("desks")
	if err == nil {
		err = table.Each(dataset.Options{Rows: lookupRows}, func(row []dataset.Cell) error {
			desk[row[0].S] = row[1].S
			return nil
		})
	}
	return &answer{
		add: func(row []dataset.Cell) { add(row[customer].S, row[quantity].I) },
		rows: func() (out [][]any) {
			if err != nil {
				return nil
			}
			for name, g := range groups {
				out = append(out, []any{name, g.n, g.quantity})
			}
			return out
		},
	}
}
