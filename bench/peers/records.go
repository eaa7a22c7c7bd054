package main

import (
	"bytes"
	"math/rand/v2"

	"github.com/velostream/velo/bench/dataset"
)

// Shape says how the records of a case differ from those of the dataset trades.
type Shape struct {
	Orders  int     // key orders, used in turns; 0 and 1: that of the dataset
	Random  bool    // each record has an order of its own
	Missing float64 // share of records without a price
	Null    float64 // share of records whose quantity is null
	Escaped float64 // share of records whose trader has escapes
	Spaces  bool    // behind colons and commas, as Python writes them
	Extra   bool    // twelve fields and an object that nobody reads
}

// records makes trades as JSON objects, one slice each, of one piece of memory.
func records(o Options, s Shape) ([][]byte, error) {
	d, err := dataset.Find("trades")
	if err != nil {
		return nil, err
	}
	r := rand.New(rand.NewPCG(o.Seed, 99))
	first := make([]int, len(d.Columns))
	for i := range first {
		first[i] = i
	}
	orders := [][]int{first}
	for len(orders) < s.Orders {
		orders = append(orders, r.Perm(len(first)))
	}
	var all []byte
	var ends []int
	parts := make([][]byte, len(first))
	err = d.Each(dataset.Options{Rows: int64(o.Records), Seed: o.Seed}, func(row []dataset.Cell) error {
		for i, c := range d.Columns {
			one := dataset.Dataset{Columns: []dataset.Column{c}}
			p := one.AppendJSON(parts[i][:0], row[i:i+1])
			parts[i] = p[:len(p)-1] // `{"name":value`
		}
		if r.Float64() < s.Missing {
			parts[2] = parts[2][:0]
		}
		if r.Float64() < s.Null {
			parts[3] = append(parts[3][:0], `{"quantity":null`...)
		}
		if r.Float64() < s.Escaped {
			parts[5] = append(parts[5][:0], `{"trader":"a \"b\"\\\u00e9`...)
			parts[5] = append(append(parts[5], row[5].S...), '"')
		}
		order := orders[len(ends)%len(orders)]
		if s.Random {
			order = r.Perm(len(first))
		}
		sep := byte('{')
		for n, i := range order {
			if len(parts[i]) > 0 {
				all = append(all, sep)
				if s.Spaces {
					name, value, _ := bytes.Cut(parts[i][1:], []byte{':'})
					if sep == ',' {
						all = append(all, ' ')
					}
					all = append(append(append(all, name...), ": "...), value...)
				} else {
					all = append(all, parts[i][1:]...)
				}
				sep = ','
			}
			if s.Extra && n%2 == 0 {
				all = append(all, extra[n/2]...)
			}
		}
		all = append(all, '}')
		ends = append(ends, len(all))
		return nil
	})
	if err != nil {
		return nil, err
	}
	out := make([][]byte, len(ends))
	from := 0
	for i, to := range ends {
		out[i] = all[from:to]
		from = to
	}
	return out, nil
}

// extra follows every other field of a shape with extra fields.
var extra = [4]string{
	`,"venue":"XNAS","lot":100,"fees":0.0125`,
	`,"currency":"USD","flags":["a","b",3],"settled":false,"note":"bought in the opening auction"`,
	`,"client":{"id":48151623,"name":"Ada","tags":{"desk":"equities","vip":true}},"route":"smart","hops":2`,
	`,"latency":0.00042,"seq":99887766`,
}
