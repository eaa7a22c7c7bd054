package dataset

import "math/rand/v2"

const epoch = 1_700_000_000_000 // ms; the first event of every dataset

var sides = [2]string{"BUY", "SELL"}

// trades is the record of 8 flat fields that the speed targets are about.
func trades() *Dataset {
	return &Dataset{
		Name: "trades", About: "8 flat fields, 500 symbols, 2,000 traders, 1,000 trades a second", Format: "jsonl", Delimiter: ',', Keys: 500,
		Columns: []Column{
			{Name: "trade_id"}, {Name: "symbol", Kind: Text}, {Name: "price", Kind: Decimal, Scale: 4}, {Name: "quantity"},
			{Name: "side", Kind: Text}, {Name: "trader", Kind: Text}, {Name: "timestamp"}, {Name: "event_time", Kind: ISOTime},
		},
		rows: func(r *rand.Rand, o Options) func(int64, []Cell) {
			symbols, traders := names("SYM", o.Keys, 3), names("trader", 2000, 4)
			return func(i int64, row []Cell) {
				at := epoch + i
				row[0].I = 1_000_000 + i
				row[1].S = symbols[r.IntN(len(symbols))]
				row[2].I = 100_000 + r.Int64N(9_900_000) // 10 to 1,000
				row[3].I = 1 + r.Int64N(1000)
				row[4].S = sides[r.IntN(2)]
				row[5].S = traders[r.IntN(len(traders))]
				row[6].I, row[7].I = at, at
			}
		},
	}
}

// orders has the key column whose cardinality Options.Keys sets.
func orders() *Dataset {
	return &Dataset{
		Name: "orders", About: "orders by customer; --keys customers (1,000)", Format: "jsonl", Delimiter: ',', Keys: 1000,
		Columns: []Column{
			{Name: "order_id"}, {Name: "customer", Kind: Text}, {Name: "status", Kind: Text}, {Name: "amount", Kind: Decimal, Scale: 2},
			{Name: "quantity"}, {Name: "timestamp"},
		},
		rows: func(r *rand.Rand, o Options) func(int64, []Cell) {
			customers := names("C", o.Keys, 7)
			status := [4]string{"new", "paid", "shipped", "returned"}
			return func(i int64, row []Cell) {
				row[0].I = i
				row[1].S = customers[r.IntN(len(customers))]
				row[2].S = status[r.IntN(4)]
				row[3].I = 100 * (1 + r.Int64N(100_000)) // 0.01 to 1,000
				row[4].I = 1 + r.Int64N(20)
				row[5].I = epoch + i
			}
		},
	}
}

// QuoteDelay is how late a quote is at most, in ms.
const QuoteDelay = 2000

// quotes arrive out of order by up to QuoteDelay; 1,000 a second of event time.
func quotes() *Dataset {
	return &Dataset{
		Name: "quotes", About: "bids and asks, 1,000 symbols, up to 2 s out of order", Format: "jsonl", Delimiter: ',', Keys: 1000,
		Columns: []Column{
			{Name: "symbol", Kind: Text}, {Name: "bid", Kind: Decimal, Scale: 4}, {Name: "ask", Kind: Decimal, Scale: 4},
			{Name: "bid_size"}, {Name: "ask_size"}, {Name: "timestamp"},
		},
		rows: func(r *rand.Rand, o Options) func(int64, []Cell) {
			symbols := names("SYM", o.Keys, 4)
			return func(i int64, row []Cell) {
				bid := 100_000 + r.Int64N(9_900_000)
				row[0].S = symbols[r.IntN(len(symbols))]
				row[1].I, row[2].I = bid, bid+1+r.Int64N(1000)
				row[3].I, row[4].I = 1+r.Int64N(500), 1+r.Int64N(500)
				row[5].I = epoch + QuoteDelay + i - r.Int64N(QuoteDelay+1)
			}
		},
	}
}
