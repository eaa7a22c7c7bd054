package kafka

import (
	"slices"

	"github.com/velostream/velo/ingest"
	"github.com/velostream/velo/ingest/alike"
)

// alikes reads payloads that differ in nothing but their values many at once, where they
// stand in their blocks.
type alikes struct {
	payloads *alike.Payloads
	rows     *ingest.Rows
	from, to []int32 // of the payloads of one run
	indexes  []int32 // 0, 1, 2, …
	piece    [1]run
}

// upTo gives the indexes below n.
func (a *alikes) upTo(n int) []int32 {
	for len(a.indexes) < n {
		a.indexes = append(a.indexes, int32(len(a.indexes)))
	}
	return a.indexes[:n]
}

// newAlikes is nil where payloads are not read this way.
func newAlikes(dec ingest.AlikeDecoder, rows *ingest.Rows) *alikes {
	if dec == nil {
		return nil
	}
	return &alikes{payloads: alike.NewPayloads(dec), rows: rows}
}

// decodeAlike is decode where the rows are the decoder's: what is not alike goes to it.
func (c *columns) decodeAlike(runs []run, n int) (skipped int64, err error) {
	a := c.alike
	defer a.payloads.Begin(nil, nil) // the block may go
	c.origins = slices.Grow(c.origins[:0], n)
	for _, r := range runs {
		values := r.Values[r.from:r.to]
		a.from, a.to = slices.Grow(a.from[:0], len(values))[:len(values)], slices.Grow(a.to[:0], len(values))[:len(values)]
		for i, s := range values {
			a.from[i], a.to[i] = s.From, s.To
		}
		a.payloads.Begin(r.Data, a.rows)
		for i := 0; i < len(a.from); {
			k, alone := a.payloads.Records(a.from, a.to, i, len(a.from)-i)
			c.rows.Take(k)
			c.origins = append(c.origins, a.upTo(int(r.at) + i + k)[int(r.at)+i:]...)
			i += k
			if alone = min(alone, len(a.from)-i); alone > 0 {
				a.piece[0] = run{block: r.block, from: r.from + int32(i), to: r.from + int32(i+alone)}
				c.base = r.at + int32(i)
				skipped += c.choose(a.piece[:], alone)
				origins, err := c.rows.Decode(c.which, c.keys, c.payloads, c.bad)
				if err != nil {
					return 0, err
				}
				for _, at := range origins {
					c.origins = append(c.origins, c.base+at)
				}
				i += alone
			}
		}
	}
	a.piece[0], c.base = run{}, 0
	return skipped, nil
}
