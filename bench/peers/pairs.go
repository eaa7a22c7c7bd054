package main

import (
	"errors"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/bytedance/sonic"
	"github.com/tidwall/gjson"
	"github.com/valyala/fastjson"
)

// pairs are the ways in which libraries find two fields of a record. Each gets
// its value as its Go type; texts need not be copied.
func pairs(recs [][]byte, want []arrow.Field) []Way {
	a, b := want[0].Name, want[1].Name
	two := func(name string, find func(rec []byte, v *pair) error) Way {
		w := way(name, func(s *Sums) error {
			var v pair
			for _, rec := range recs {
				v = pair{}
				if err := find(rec, &v); err != nil {
					return err
				}
				if s != nil {
					s.Rows++
					s.Ints += v.ints
					s.Floats += v.floats
					if a == "symbol" {
						s.Text(v.text)
					}
				}
			}
			return nil
		})
		w.Module = modules[name]
		return w
	}
	var parser fastjson.Parser
	list := []Way{
		two("gjson Get", func(rec []byte, v *pair) error {
			return v.gjson(a, gjson.GetBytes(rec, a), b, gjson.GetBytes(rec, b))
		}),
		two("fastjson", func(rec []byte, v *pair) error {
			o, err := parser.ParseBytes(rec)
			if err != nil {
				return err
			}
			for _, name := range [2]string{a, b} {
				switch name {
				case "symbol":
					v.text = string(o.GetStringBytes(name))
				case "price":
					v.floats = o.GetFloat64(name)
				default:
					v.ints += o.GetInt64(name)
				}
			}
			return nil
		}),
		two("sonic Get", func(rec []byte, v *pair) error {
			for _, name := range [2]string{a, b} {
				n, err := sonic.Get(rec, name)
				if err != nil {
					return err
				}
				switch name {
				case "symbol":
					v.text, err = n.String()
				case "price":
					v.floats, err = n.Float64()
				default:
					v.ints, err = n.Int64()
				}
				if err != nil {
					return err
				}
			}
			return nil
		}),
	}
	if a == "symbol" {
		var t struct {
			Symbol string  `json:"symbol"`
			Price  float64 `json:"price"`
		}
		list = append(list, two(sonicStruct, func(rec []byte, v *pair) error {
			err := sonic.ConfigFastest.Unmarshal(rec, &t)
			v.text, v.floats = t.Symbol, t.Price
			return err
		}))
	} else {
		var t struct {
			Price     float64 `json:"price"`
			Timestamp int64   `json:"timestamp"`
		}
		list = append(list, two(sonicStruct, func(rec []byte, v *pair) error {
			err := sonic.ConfigFastest.Unmarshal(rec, &t)
			v.floats, v.ints = t.Price, t.Timestamp
			return err
		}))
	}
	return list
}

// pair is what was found of two fields.
type pair struct {
	text   string
	floats float64
	ints   int64
}

var errAbsent = errors.New("a field was not found")

func (v *pair) gjson(a string, x gjson.Result, b string, y gjson.Result) error {
	if !x.Exists() || !y.Exists() {
		return errAbsent
	}
	v.one(a, x)
	v.one(b, y)
	return nil
}

func (v *pair) one(name string, r gjson.Result) {
	switch name {
	case "symbol":
		v.text = r.String()
	case "price":
		v.floats = r.Float()
	default:
		v.ints = r.Int()
	}
}
