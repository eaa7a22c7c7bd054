package main

import (
	"encoding/json"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/bytedance/sonic"
	gojson "github.com/goccy/go-json"

	"github.com/velostream/velo/ingest"
	formatjson "github.com/velostream/velo/ingest/format/json"
)

// The libraries that fill structs, by the names in the tables.
const (
	goccy        = "goccy/go-json struct"
	standardJSON = "encoding/json struct"
	sonicStruct  = "sonic struct"
)

// modules are those of the libraries.
var modules = map[string]string{
	goccy: "github.com/goccy/go-json", "goccy, batches of structs": "github.com/goccy/go-json", standardJSON: "std", sonicStruct: "github.com/bytedance/sonic",
	"sonic Get": "github.com/bytedance/sonic", "gjson Get": "github.com/tidwall/gjson", "fastjson": "github.com/valyala/fastjson",
}

func jsonCases(o Options) ([]*Case, error) {
	var list []*Case
	fixed, err := records(o, Shape{})
	if err != nil {
		return nil, err
	}
	all := tradeFields()
	list = append(list, &Case{
		Name: "json: 8 fields", Records: o.Records, Ours: decoder(fixed, all),
		Peers: []Way{structs(goccy, gojson.Unmarshal, fixed, 3), kept("goccy, batches of structs", gojson.Unmarshal, fixed, 3), structs(standardJSON, json.Unmarshal, fixed, 15), structs(sonicStruct, sonic.ConfigFastest.Unmarshal, fixed, 0)},
	})
	for _, two := range [][2]int{{1, 2}, {2, 6}} {
		want := []arrow.Field{all[two[0]], all[two[1]]}
		name := "json: 2 of 8, " + want[0].Name + " and " + want[1].Name
		touched := decoderOf(formatjson.Format(), ingest.PropsOf(map[string]string{"json.validate": "touched"}), arrow.NewSchema(all, nil), fixed, want)
		list = append(list,
			&Case{Name: name, Records: o.Records, Ours: decoder(fixed, want), Peers: pairs(fixed, want), Best: 3},
			&Case{Name: name + ", json.validate=touched", Records: o.Records, Ours: touched, Peers: pairs(fixed, want)},
		)
	}
	// Records that differ from each other should cost at most twice what those do
	// that are all alike, and in any order no more than a library takes.
	const twice, same = 0.5, 1
	for _, c := range []struct {
		name  string
		shape Shape
	}{
		{"two key orders in turns", Shape{Orders: 2}},
		{"four key orders in turns", Shape{Orders: 4}},
		{"1 of 10 has no price", Shape{Missing: 0.1}},
		{"1 of 10 quantities is null", Shape{Null: 0.1}},
		{"1 of 20 traders has escapes", Shape{Escaped: 0.05}},
		{"spaces behind colons and commas", Shape{Spaces: true}},
		{"two orders, no price, null, escapes", Shape{Orders: 2, Missing: 0.1, Null: 0.1, Escaped: 0.05}},
		{"extra fields, nested ones among them", Shape{Extra: true}},
		{"1,000 key orders in turns", Shape{Orders: 1000}},
		{"every record in an order of its own", Shape{Random: true}},
	} {
		recs, err := records(o, c.shape)
		if err != nil {
			return nil, err
		}
		one := &Case{Name: "json: " + c.name, Records: o.Records, Ours: decoder(recs, all)}
		base, target := decoder(fixed, all), twice
		base.Name = "velo, records alike"
		switch {
		case c.shape.Extra: // more bytes: what two orders of them cost more
			base, target = decoder(recs, all), twice
			base.Name = "velo, one order"
			c.shape.Orders = 2
			if recs, err = records(o, c.shape); err != nil {
				return nil, err
			}
			one.Ours = decoder(recs, all)
		case c.shape.Random || c.shape.Orders > 4:
			target = 0
		}
		base.Sum = one.Ours.Sum // other values: compared with the library's instead
		base.Target = target
		one.Peers = []Way{base, structs(goccy, gojson.Unmarshal, recs, same)}
		list = append(list, one)
	}
	return list, nil
}

// decoder is velo's decoder of payloads.
func decoder(recs [][]byte, want []arrow.Field) Way {
	return decoderOf(formatjson.Format(), ingest.NewProps(), arrow.NewSchema(tradeFields(), nil), recs, want)
}

func decoderOf(f ingest.Format, p ingest.Props, declared *arrow.Schema, recs [][]byte, want []arrow.Field) Way {
	cols := newColumns(want)
	d, err := f.NewDecoder(p, declared, want)
	work := func(s *Sums) error {
		if err != nil {
			return err
		}
		for from := 0; from < len(recs); from += batch {
			part := recs[from:min(from+batch, len(recs))]
			if err := cols.fill(len(part), s, func(rows *ingest.Rows) error { return d.Decode(part, rows) }); err != nil {
				return err
			}
		}
		return nil
	}
	return way("velo", work)
}

// way makes a way of work that can sum up too.
func way(name string, work func(*Sums) error) Way {
	return Way{Name: name, Run: func() error { return work(nil) }, Sum: func() (s Sums, err error) {
		err = work(&s)
		return s, err
	}}
}

// trade is what libraries fill.
type trade struct {
	TradeID   int64   `json:"trade_id"`
	Symbol    string  `json:"symbol"`
	Price     float64 `json:"price"`
	Quantity  int64   `json:"quantity"`
	Side      string  `json:"side"`
	Trader    string  `json:"trader"`
	Timestamp int64   `json:"timestamp"`
	EventTime string  `json:"event_time"`
}

// structs is a library that fills a struct, the same one again and again. Its time stays a text: to read it
// would cost the library more.
func structs(name string, unmarshal func([]byte, any) error, recs [][]byte, target float64) Way {
	return into(name, make([]trade, 1), unmarshal, recs, target)
}

// kept is a library that fills as many structs as velo's batches have rows, so
// that the values of a batch are there at the same time.
func kept(name string, unmarshal func([]byte, any) error, recs [][]byte, target float64) Way {
	return into(name, make([]trade, batch), unmarshal, recs, target)
}

func into(name string, list []trade, unmarshal func([]byte, any) error, recs [][]byte, target float64) Way {
	w := way(name, func(s *Sums) error {
		for i, rec := range recs {
			t := &list[i%len(list)]
			*t = trade{}
			if err := unmarshal(rec, t); err != nil {
				return err
			}
			if s != nil {
				if err := s.trade(t); err != nil {
					return err
				}
			}
		}
		return nil
	})
	w.Target, w.Module = target, modules[name]
	return w
}

func (s *Sums) trade(t *trade) error {
	at, err := millis(t.EventTime)
	s.seven(t)
	s.Ints += at
	return err
}
