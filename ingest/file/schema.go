package file

import (
	"context"
	"errors"
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/ingest"
	"github.com/velostream/velo/ingest/capture"
)

const (
	headBytes  = 64 << 10
	inferBytes = 64 << 20 // of one file
)

// Schema looks at the first bytes of every file, so that a wrong encoding is
// found before a record, and finds the columns unless they are declared.
func (c *Connector) Schema(ctx context.Context) (*arrow.Schema, error) {
	if c.known {
		return c.schema, nil
	}
	for _, in := range c.inputs {
		if err := c.look(in); err != nil {
			return nil, err
		}
	}
	if c.schema == nil {
		s, err := c.infer(ctx)
		if err != nil {
			return nil, err
		}
		c.schema = c.keys.Extend(s)
	}
	c.known = c.schema != nil || c.Bounded()
	return c.schema, nil
}

// look reads the head of a file: its container, its encoding, its envelope.
func (c *Connector) look(in *input) error {
	if in.kind == "table" {
		return c.detectIPC(in)
	}
	if in.stdin != nil {
		if in.codec == "" {
			v := &view{s: in.stdin}
			head := make([]byte, 16)
			n, _ := v.Read(head)
			in.codec = sniff(head[:n])
		}
	}
	head, err := peek(in, headBytes)
	if err != nil {
		return err
	}
	if in.kind == "text" && c.envelope == "auto" && capture.Detect(head) {
		in.kind = "capture"
	}
	return nil
}

// infer unites the columns of all files by name.
func (c *Connector) infer(ctx context.Context) (*arrow.Schema, error) {
	inferrers := map[string]ingest.Inferrer{}
	var order []string
	var united *arrow.Schema
	var err error
	for _, in := range c.inputs {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if in.kind == "table" {
			r, err := c.table(in)
			if err != nil {
				return nil, err
			}
			if united, err = unite(united, r.Schema()); err != nil {
				return nil, err
			}
			continue
		}
		f, err := c.reg.Format(in.form)
		if err != nil {
			return nil, err
		}
		if f.Fixed != nil {
			s, err := f.Fixed(c.props)
			if err != nil {
				return nil, err
			}
			if united, err = unite(united, s); err != nil {
				return nil, err
			}
			continue
		}
		inf := inferrers[in.kind+in.form]
		if inf == nil {
			mk := f.NewInferrer
			if in.kind == "text" && f.NewFileInferrer != nil {
				mk = f.NewFileInferrer
			}
			if mk == nil {
				return nil, ingest.Usage(fmt.Errorf("%s: %w", in.path, f.NoColumns(c.name)))
			}
			if inf, err = mk(c.propsOf(in)); err != nil {
				return nil, err
			}
			inferrers[in.kind+in.form] = inf
			order = append(order, in.kind+in.form)
		}
		switch in.kind {
		case "capture":
			err = c.inferCapture(in, inf)
		case "captureipc":
			err = c.inferIPC(in, inf)
		default:
			err = c.inferText(in, inf)
		}
		if err != nil {
			return nil, err
		}
	}
	for _, k := range order {
		if united, err = unite(united, inferrers[k].Schema()); err != nil {
			return nil, err
		}
	}
	return united, nil
}

func (c *Connector) inferText(in *input, inf ingest.Inferrer) error {
	r, err := lookAt(in)
	if err != nil {
		return err
	}
	lr := &lineReader{in: in, r: r, skip: c.skipLines, avg: firstRecord}
	defer r.Close()
	sd, err := c.stream(in, nil, nil)
	if err != nil {
		return err
	}
	pool := vec.NewPool(nil, false)
	defer pool.Close()
	sc := pool.Open()
	defer sc.Close()
	head, err := lr.header(sd, sc, false)
	if err != nil {
		return err
	}
	if h, ok := inf.(ingest.HeaderInferrer); ok {
		if err := h.Header(head); err != nil {
			return fmt.Errorf("%s: %w", in.path, err)
		}
	}
	rows := &ingest.Rows{Bad: func(int, string, error) error { return nil }}
	for n, size := int64(0), 0; n < c.inferN && size < inferBytes; {
		sc.Close()
		sc = pool.Open()
		buf, final := lr.fill(sc, int(min(c.inferN-n, 256)))
		var spans []ingest.Span
		rows.N, rows.Kept = 0, rows.Kept[:0]
		used, err := sd.DecodeStream(buf, final, int(c.inferN-n), rows, &spans)
		if err != nil {
			return err
		}
		for _, s := range spans {
			inf.Add(buf[s.From:s.To])
		}
		lr.learn(buf, used, spans)
		lr.keep(buf[used:], used)
		n += int64(len(spans))
		size += used
		if (final || lr.err != nil) && len(spans) == 0 || len(buf) > inferBytes {
			break
		}
	}
	if errors.Is(lr.err, ingest.ErrUsage) {
		return lr.err
	}
	return nil // a broken file gives its rows first, and then its error
}

// unite gives the columns of both, by name; a column that both have must have
// one type, or two that go together: numbers.
func unite(a, b *arrow.Schema) (*arrow.Schema, error) {
	if a == nil || b == nil {
		if a == nil {
			return b, nil
		}
		return a, nil
	}
	fields := append([]arrow.Field(nil), a.Fields()...)
	for _, f := range b.Fields() {
		i := a.FieldIndices(f.Name)
		if len(i) == 0 {
			fields = append(fields, f)
			continue
		}
		have := &fields[i[0]]
		have.Nullable = true
		if arrow.TypeEqual(have.Type, f.Type) {
			continue
		}
		t, ok := common(have.Type, f.Type)
		if !ok {
			return nil, ingest.Usage(fmt.Errorf("column %q is %s in one file and %s in another; declare the columns", f.Name, vec.KindOf(have.Type), vec.KindOf(f.Type)))
		}
		have.Type = t
	}
	return arrow.NewSchema(fields, nil), nil
}

func common(a, b arrow.DataType) (arrow.DataType, bool) {
	x, y := vec.KindOf(a), vec.KindOf(b)
	if x > y {
		x, y = y, x
	}
	switch {
	case x >= vec.Int8 && y <= vec.Int64:
		return vec.TypeInt64, true
	case x >= vec.Int8 && y <= vec.Float64:
		return vec.TypeFloat64, true
	}
	return nil, false
}
