package baseline

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
)

// JSON is: SELECT symbol, COUNT(*), SUM(quantity), AVG(price) FROM trades
// WHERE side = 'BUY' AND price > 500 GROUP BY symbol, over JSON lines.
func JSON(r io.Reader) ([][]any, error) {
	type group struct {
		n, quantity int64
		price       float64
	}
	groups := map[string]*group{}
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 1<<16), 1<<20)
	for lines.Scan() {
		var row map[string]any
		if err := json.Unmarshal(lines.Bytes(), &row); err != nil {
			return nil, err
		}
		side, ok1 := row["side"].(string)
		price, ok2 := row["price"].(float64)
		symbol, ok3 := row["symbol"].(string)
		quantity, ok4 := row["quantity"].(float64)
		if !ok1 || !ok2 || !ok3 || !ok4 {
			return nil, fmt.Errorf("a trade lacks a field: %s", lines.Bytes())
		}
		if side != "BUY" || price <= 500 {
			continue
		}
		g := groups[symbol]
		if g == nil {
			g = &group{}
			groups[symbol] = g
		}
		g.n++
		g.quantity += int64(quantity)
		g.price += price
	}
	var out [][]any
	for symbol, g := range groups {
		out = append(out, []any{symbol, g.n, g.quantity, g.price / float64(g.n)})
	}
	return out, lines.Err()
}
