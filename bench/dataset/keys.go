package dataset

import (
	"fmt"
	"math/rand/v2"
)

// keyed has a key of every sort that grouping is slow or fast by: few and many, even
// and skewed, short, long and missing, texts and integers.
func keyed() *Dataset {
	return &Dataset{
		Name: "keyed", About: "keys of every sort: 500 symbols, even, skewed (Zipf 1.1) or missing; --keys keys (1,000,000) of 12 and of 36 bytes and as integers",
		Format: "arrow", Delimiter: ',', Keys: 1_000_000,
		Columns: []Column{
			{Name: "symbol", Kind: Text}, {Name: "skewed", Kind: Text}, {Name: "missing", Kind: Text}, {Name: "key", Kind: Text}, {Name: "long", Kind: Text},
			{Name: "num"}, {Name: "side", Kind: Text}, {Name: "trader", Kind: Text}, {Name: "price", Kind: Decimal, Scale: 4},
			{Name: "quantity"}, {Name: "cash", Kind: Exact, Scale: 4},
		},
		rows: func(r *rand.Rand, o Options) func(int64, []Cell) {
			symbols, traders := names("SYM", 500, 3), names("trader", 2000, 4)
			zipf := rand.NewZipf(r, 1.1, 1, uint64(len(symbols)-1))
			keys, longs := make([]string, o.Keys), make([]string, o.Keys) // made when first drawn
			salt := r.Uint64()
			return func(_ int64, row []Cell) {
				k := r.IntN(o.Keys)
				h := scatter(salt + uint64(k))
				if keys[k] == "" {
					keys[k] = fmt.Sprintf("K%011d", k)
					longs[k] = fmt.Sprintf("%08x-%04x-4%03x-a%03x-%012x", uint32(h>>32), uint16(h>>16), h&0xFFF, h>>52, scatter(h)&(1<<48-1))
				}
				row[0].S = symbols[r.IntN(len(symbols))]
				row[1].S = symbols[zipf.Uint64()]
				row[2] = Cell{S: symbols[r.IntN(len(symbols))], Null: r.IntN(10) == 0}
				row[3].S, row[4].S = keys[k], longs[k]
				row[5].I = int64(h >> 20)
				row[6].S = sides[r.IntN(2)]
				row[7].S = traders[r.IntN(len(traders))]
				row[8].I = 100_000 + r.Int64N(9_900_000) // 10 to 1,000
				row[9].I = 1 + r.Int64N(1000)
				row[10].I = 100_000 + r.Int64N(9_900_000)
			}
		},
	}
}

// scatter maps integers to others one to one, as SplitMix64 does, so that keys do not
// lie close together.
func scatter(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
