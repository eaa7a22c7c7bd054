package main

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"strconv"
	"time"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/velostream/velo/bench/dataset"
	"github.com/velostream/velo/ingest"
	formatcsv "github.com/velostream/velo/ingest/format/csv"
)

func csvCases(o Options) ([]*Case, error) {
	d, err := dataset.Find("trades")
	if err != nil {
		return nil, err
	}
	seven := &dataset.Dataset{Name: d.Name, Columns: d.Columns[:7], Delimiter: ','}
	header := "trade_id,symbol,price,quantity,side,trader,timestamp\n"
	text := []byte(header)
	var recs [][]byte
	err = d.Each(dataset.Options{Rows: int64(o.Records), Seed: o.Seed}, func(row []dataset.Cell) error {
		from := len(text)
		text = seven.AppendCSV(text, row[:7])
		recs = append(recs, bytes.Clone(text[from:]))
		text = append(text, '\n')
		return nil
	})
	if err != nil {
		return nil, err
	}
	fields := tradeFields()[:7]
	declared := arrow.NewSchema(fields, nil)
	noHeader := ingest.PropsOf(map[string]string{"csv.header": "false"})
	return []*Case{
		{Name: "csv: file of 7 fields", Records: o.Records, Ours: stream(text, declared, fields), Peers: []Way{standard(text, 4.5, nil), standard(text, 4.5, &table{})}},
		{Name: "csv: 2 of 7, symbol and price", Records: o.Records, Ours: stream(text, declared, fields[1:3]), Peers: []Way{only(standard(text, 0, nil), stream(text, declared, fields[1:3]).Sum)}},
		{Name: "csv: payloads of 7 fields", Records: o.Records, Ours: decoderOf(formatcsv.Format(), noHeader, declared, recs, fields), Peers: []Way{standard(text, 0, nil)}},
	}, nil
}

// only is a way whose values are not compared, because it reads more than is asked.
func only(w Way, sum func() (Sums, error)) Way {
	w.Name += ", all 7"
	w.Sum = sum
	return w
}

// stream is velo's decoder of files.
func stream(text []byte, declared *arrow.Schema, want []arrow.Field) Way {
	cols := newColumns(want)
	var spans []ingest.Span
	return way("velo", func(s *Sums) error {
		d, err := formatcsv.Format().NewStream(ingest.NewProps(), declared, want)
		if err != nil {
			return err
		}
		head, ok := d.(interface {
			Header(buf []byte, final bool) (int, bool, error)
		})
		if !ok {
			return errors.New("the decoder of CSV reads no header")
		}
		at, _, err := head.Header(text, true)
		for at < len(text) && err == nil {
			spans = spans[:0]
			err = cols.fill(batch, s, func(rows *ingest.Rows) error {
				used, err := d.DecodeStream(text[at:], true, batch, rows, &spans)
				at += used
				return err
			})
		}
		return err
	})
}

// table holds the columns of a batch.
type table struct {
	ints   [3][]int64
	floats []float64
	texts  [3][]string
}

func (c *table) add(t *trade) {
	if len(c.floats) == batch {
		for i := range c.ints {
			c.ints[i], c.texts[i] = c.ints[i][:0], c.texts[i][:0]
		}
		c.floats = c.floats[:0]
	}
	for i, x := range [3]int64{t.TradeID, t.Quantity, t.Timestamp} {
		c.ints[i] = append(c.ints[i], x)
	}
	for i, x := range [3]string{t.Symbol, t.Side, t.Trader} {
		c.texts[i] = append(c.texts[i], x)
	}
	c.floats = append(c.floats, t.Price)
}

// standard is encoding/csv with strconv, which keeps nothing or the columns of a
// batch.
func standard(text []byte, target float64, into *table) Way {
	name := "encoding/csv and strconv"
	if into != nil {
		name += ", columns"
	}
	w := way(name, func(s *Sums) error {
		r := csv.NewReader(bytes.NewReader(text))
		r.ReuseRecord = true
		if _, err := r.Read(); err != nil {
			return err
		}
		for {
			rec, err := r.Read()
			if err == io.EOF {
				return nil
			}
			if err != nil {
				return err
			}
			var t trade
			var errs [4]error
			t.TradeID, errs[0] = strconv.ParseInt(rec[0], 10, 64)
			t.Symbol = rec[1]
			t.Price, errs[1] = strconv.ParseFloat(rec[2], 64)
			t.Quantity, errs[2] = strconv.ParseInt(rec[3], 10, 64)
			t.Side, t.Trader = rec[4], rec[5]
			t.Timestamp, errs[3] = strconv.ParseInt(rec[6], 10, 64)
			if err := errors.Join(errs[:]...); err != nil {
				return err
			}
			if into != nil {
				into.add(&t)
			}
			if s != nil {
				s.seven(&t)
			}
		}
	})
	w.Target, w.Module = target, "std"
	return w
}

func (s *Sums) seven(t *trade) {
	s.Rows++
	s.Ints += t.TradeID + t.Quantity + t.Timestamp
	s.Floats += t.Price
	s.Text(t.Symbol)
	s.Text(t.Side)
	s.Text(t.Trader)
}

// millis reads a time as milliseconds since the epoch.
func millis(s string) (int64, error) {
	t, err := time.Parse(time.RFC3339, s)
	return t.UnixMilli(), err
}
