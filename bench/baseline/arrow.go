package baseline

import (
	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
)

// reader is the columns of one record by name.
type reader struct{ arrow.Record }

func (r reader) text(name string) *array.String {
	return r.Column(r.Schema().FieldIndices(name)[0]).(*array.String)
}

func (r reader) integers(name string) []int64 {
	return r.Column(r.Schema().FieldIndices(name)[0]).(*array.Int64).Int64Values()
}

func (r reader) doubles(name string) []float64 {
	return r.Column(r.Schema().FieldIndices(name)[0]).(*array.Float64).Float64Values()
}

// Group is: SELECT customer, COUNT(*), SUM(quantity), MIN(amount), MAX(amount),
// AVG(amount) FROM orders GROUP BY customer.
func Group(records []arrow.Record) ([][]any, error) {
	type group struct {
		n, quantity   int64
		sum, min, max float64
	}
	groups := map[string]*group{}
	for _, rec := range records {
		r := reader{rec}
		customer, quantity, amount := r.text("customer"), r.integers("quantity"), r.doubles("amount")
		for i, x := range amount {
			g := groups[customer.Value(i)]
			if g == nil {
				g = &group{min: x, max: x}
				groups[customer.Value(i)] = g
			}
			g.n++
			g.quantity += quantity[i]
			g.sum += x
			g.min, g.max = min(g.min, x), max(g.max, x)
		}
	}
	out := make([][]any, 0, len(groups))
	for c, g := range groups {
		out = append(out, []any{c, g.n, g.quantity, g.min, g.max, g.sum / float64(g.n)})
	}
	return out, nil
}

// mean is a count and a sum.
type mean struct {
	n   int64
	sum float64
}

// Tumbling is: SELECT symbol, _window_start, COUNT(*), AVG(bid) FROM quotes GROUP
// BY symbol WINDOW TUMBLING(60s). No row is too late.
func Tumbling(records []arrow.Record) ([][]any, error) {
	type key struct {
		symbol string
		start  int64
	}
	groups := map[key]*mean{}
	for _, rec := range records {
		r := reader{rec}
		symbol, bid, at := r.text("symbol"), r.doubles("bid"), r.integers("timestamp")
		for i, x := range bid {
			k := key{symbol.Value(i), at[i] / 60_000 * 60_000}
			g := groups[k]
			if g == nil {
				g = &mean{}
				groups[k] = g
			}
			g.n++
			g.sum += x
		}
	}
	out := make([][]any, 0, len(groups))
	for k, g := range groups {
		out = append(out, []any{k.symbol, k.start, g.n, g.sum / float64(g.n)})
	}
	return out, nil
}

// Sliding is Tumbling with SLIDING(60s, 1s): whole seconds are summed first, and
// each counts in 60 windows.
func Sliding(records []arrow.Record) ([][]any, error) {
	type key struct {
		symbol string
		second int64
	}
	seconds, windows := map[key]*mean{}, map[key]*mean{}
	for _, rec := range records {
		r := reader{rec}
		symbol, bid, at := r.text("symbol"), r.doubles("bid"), r.integers("timestamp")
		for i, x := range bid {
			k := key{symbol.Value(i), at[i] / 1000}
			g := seconds[k]
			if g == nil {
				g = &mean{}
				seconds[k] = g
			}
			g.n++
			g.sum += x
		}
	}
	for k, s := range seconds {
		for w := range int64(60) {
			at := key{k.symbol, k.second - w}
			g := windows[at]
			if g == nil {
				g = &mean{}
				windows[at] = g
			}
			g.n += s.n
			g.sum += s.sum
		}
	}
	out := make([][]any, 0, len(windows))
	for k, g := range windows {
		out = append(out, []any{k.symbol, k.second * 1000, g.n, g.sum / float64(g.n)})
	}
	return out, nil
}

// Session is: SELECT customer, _window_start, _window_end, COUNT(*),
// SUM(quantity) FROM orders GROUP BY customer WINDOW SESSION(10s), over rows in
// the order of their times.
func Session(records []arrow.Record) ([][]any, error) {
	type session struct{ first, last, n, quantity int64 }
	open := map[string]*session{}
	var out [][]any
	for _, rec := range records {
		r := reader{rec}
		customer, quantity, at := r.text("customer"), r.integers("quantity"), r.integers("timestamp")
		for i, t := range at {
			s := open[customer.Value(i)]
			switch {
			case s == nil:
				s = &session{first: t}
				open[customer.Value(i)] = s
			case t-s.last > 10_000:
				out = append(out, []any{customer.Value(i), s.first, s.last + 10_000, s.n, s.quantity})
				*s = session{first: t}
			}
			s.last = t
			s.n++
			s.quantity += quantity[i]
		}
	}
	for c, s := range open {
		out = append(out, []any{c, s.first, s.last + 10_000, s.n, s.quantity})
	}
	return out, nil
}

// Changes is: SELECT customer, COUNT(*), SUM(quantity) FROM orders GROUP BY
// customer EMIT CHANGES.
func Changes(records []arrow.Record) ([][]any, error) {
	type group struct{ n, quantity int64 }
	groups := map[string]*group{}
	var out [][]any
	for _, rec := range records {
		r := reader{rec}
		customer, quantity := r.text("customer"), r.integers("quantity")
		for i, q := range quantity {
			g := groups[customer.Value(i)]
			if g == nil {
				g = &group{}
				groups[customer.Value(i)] = g
			}
			g.n++
			g.quantity += q
			out = append(out, []any{customer.Value(i), g.n, g.quantity})
		}
	}
	return out, nil
}

// MovingAverage is: SELECT trade_id, AVG(price) OVER (PARTITION BY symbol ORDER
// BY trade_id ROWS 9 PRECEDING) FROM trades, over rows in the order of trade_id.
func MovingAverage(records []arrow.Record) ([][]any, error) {
	type ring struct {
		last [10]float64
		n    int
	}
	rings := map[string]*ring{}
	var out [][]any
	for _, rec := range records {
		r := reader{rec}
		id, symbol, price := r.integers("trade_id"), r.text("symbol"), r.doubles("price")
		for i, x := range price {
			g := rings[symbol.Value(i)]
			if g == nil {
				g = &ring{}
				rings[symbol.Value(i)] = g
			}
			g.last[g.n%10] = x
			g.n++
			sum, n := 0.0, min(g.n, 10)
			for _, y := range g.last[:n] {
				sum += y
			}
			out = append(out, []any{id[i], sum / float64(n)})
		}
	}
	return out, nil
}
