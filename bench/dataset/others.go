package dataset

import (
	"fmt"
	"math/rand/v2"
)

// stations is the one billion row challenge: measurements of 413 stations.
func stations() *Dataset {
	return &Dataset{
		Name: "1brc", About: "station;temperature without a header, 413 stations", Format: "csv", Delimiter: ';', NoHeader: true, Keys: 413,
		Columns: []Column{{Name: "station", Kind: Text}, {Name: "temperature", Kind: Decimal, Scale: 1}},
		rows: func(r *rand.Rand, o Options) func(int64, []Cell) {
			type station struct {
				name string
				mean float64
			}
			list := make([]station, o.Keys)
			for i := range list {
				list[i] = station{stationName(r, i), r.Float64()*50 - 15}
			}
			return func(_ int64, row []Cell) {
				s := &list[r.IntN(len(list))]
				tenths := int64((s.mean + 10*r.NormFloat64()) * 10)
				row[0].S, row[1].I = s.name, 1000*min(max(tenths, -999), 999)
			}
		},
	}
}

// stationName is 3 to 25 bytes long, as the challenge's are, and unique.
func stationName(r *rand.Rand, i int) string {
	const vowels, consonants = "aeiou", "bdfghklmnprstvz"
	b := []byte{}
	for range 1 + r.IntN(9) {
		b = append(b, consonants[r.IntN(len(consonants))], vowels[r.IntN(len(vowels))])
	}
	b[0] -= 'a' - 'A'
	return fmt.Sprintf("%s %d", b, i)
}

// bids are the bids of the Nexmark benchmark: a few hot auctions and bidders.
func bids() *Dataset {
	return &Dataset{
		Name: "nexmark", About: "bids of the Nexmark benchmark: half of them go to the 100 hot auctions of the moment", Format: "jsonl", Delimiter: ',', Keys: 10000,
		Columns: []Column{
			{Name: "auction"}, {Name: "bidder"}, {Name: "price"}, {Name: "channel", Kind: Text}, {Name: "url", Kind: Text},
			{Name: "date_time", Kind: ISOTime}, {Name: "extra", Kind: Text},
		},
		rows: func(r *rand.Rand, o Options) func(int64, []Cell) {
			channels := append([]string{"Google", "Facebook", "Baidu", "Apple"}, names("channel-", 1000, 0)...)
			extras := make([]string, 256)
			for i := range extras {
				b := make([]byte, 20+r.IntN(20))
				for j := range b {
					b[j] = byte('a' + r.IntN(26))
				}
				extras[i] = string(b)
			}
			return func(i int64, row []Cell) {
				last := 1000 + i/15
				row[0].I = last - r.Int64N(min(last, int64(o.Keys)))
				if r.IntN(2) == 0 {
					row[0].I = last / 100 * 100
				}
				row[1].I = 1000 + r.Int64N(int64(o.Keys))
				row[2].I = 100 + r.Int64N(10_000_000)
				c := r.IntN(4)
				if r.IntN(2) == 0 {
					c = r.IntN(len(channels))
				}
				row[3].S = channels[c]
				row[4].S = "https://www.nexmark.com/" + channels[c] + "/item.htm?query=1"
				row[5].I = epoch + i/10
				row[6].S = extras[r.IntN(len(extras))]
			}
		},
	}
}

// desks are a table of lookups: the desk of each customer of orders.
func desks() *Dataset {
	return &Dataset{
		Name: "desks", About: "the desk, one of 50, of each of the first customers of orders", Format: "csv", Delimiter: ',', Keys: 50,
		Columns: []Column{{Name: "owner", Kind: Text}, {Name: "desk", Kind: Text}},
		rows: func(r *rand.Rand, o Options) func(int64, []Cell) {
			return func(i int64, row []Cell) {
				row[0].S, row[1].S = fmt.Sprintf("C%07d", i), fmt.Sprintf("desk%02d", r.IntN(o.Keys))
			}
		},
	}
}
