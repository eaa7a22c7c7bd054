package dataset

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// fills are trades with exact prices.
func fills() *Dataset {
	d := trades()
	d.Name, d.About, d.Format = "fills", "trades whose price is a DECIMAL(18,4)", "csv"
	d.Columns[d.Index("price")] = Column{Name: "price", Kind: Exact, Scale: 4}
	return d
}

// mixed are trades of two writers: each has its order of keys, one price in ten is
// missing or null, and one symbol in twenty has an escape that it does not need.
func mixed() *Dataset {
	d := trades()
	d.Name, d.About = "mixed", "trades with two orders of keys in JSON, 10 % without a price, 5 % with an escape"
	rows, price := d.rows, d.Index("price")
	d.rows = func(r *rand.Rand, o Options) func(int64, []Cell) {
		next := rows(r, o)
		return func(i int64, row []Cell) {
			next(i, row)
			row[price].Null = r.IntN(10) == 0
		}
	}
	d.objects = func(d *Dataset, r *rand.Rand) func([]byte, []Cell) []byte {
		orders := [2][]int{{0, 1, 2, 3, 4, 5, 6, 7}, {6, 1, 4, 2, 7, 0, 5, 3}}
		symbol := d.Index("symbol")
		return func(dst []byte, row []Cell) []byte {
			from, escape, absent := len(dst), r.IntN(20) == 0, r.IntN(2) == 0
			for _, i := range orders[r.IntN(2)] {
				switch {
				case i == price && row[i].Null && absent:
				case i == symbol && escape:
					dst = fmt.Appendf(append(dst, ','), `"symbol":"\u%04x%s"`, row[i].S[0], row[i].S[1:])
				default:
					dst = d.Columns[i].field(append(dst, ','), row[i])
				}
			}
			dst[from] = '{'
			return append(dst, '}')
		}
	}
	return d
}

// shuffled are trades whose keys stand in one of 1,000 orders.
func shuffled() *Dataset {
	d := trades()
	d.Name, d.About = "shuffled", "trades with 1,000 orders of keys in JSON, at random"
	d.objects = func(d *Dataset, r *rand.Rand) func([]byte, []Cell) []byte {
		orders := make([][]int, 1000)
		for i := range orders {
			orders[i] = r.Perm(len(d.Columns))
		}
		return func(dst []byte, row []Cell) []byte {
			from := len(dst)
			for _, i := range orders[r.IntN(len(orders))] {
				dst = d.Columns[i].field(append(dst, ','), row[i])
			}
			dst[from] = '{'
			return append(dst, '}')
		}
	}
	return d
}

// nested are trades of which four fields stand in an object: columns named "fill.…",
// which follow one another.
func nested() *Dataset {
	d := trades()
	d.Name, d.About = "nested", "trades with symbol, price, quantity and side in an object, in JSON"
	for _, name := range []string{"symbol", "price", "quantity", "side"} {
		d.Columns[d.Index(name)].Name = "fill." + name
	}
	d.objects = func(d *Dataset, _ *rand.Rand) func([]byte, []Cell) []byte {
		return func(dst []byte, row []Cell) []byte {
			within := ""
			for i, c := range d.Columns {
				object, name, inside := strings.Cut(c.Name, ".")
				switch {
				case i == 0:
					dst = append(dst, '{')
				case within != "" && (!inside || object != within):
					dst, within = append(dst, "},"...), ""
				default:
					dst = append(dst, ',')
				}
				if inside {
					if within == "" {
						dst = append(append(append(dst, '"'), object...), `":{`...)
					}
					c.Name, within = name, object
				}
				dst = c.field(dst, row[i])
			}
			if within != "" {
				dst = append(dst, '}')
			}
			return append(dst, '}')
		}
	}
	return d
}
