package file

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/ingest"
)

// SourceType is file_source.
func SourceType() ingest.SourceType {
	return ingest.SourceType{Type: "file_source", Schemes: []string{"file"}, Keys: sourceKeys(), Formats: formats, Open: Open, Check: check}
}

// MmapSourceType is file_source_mmap, another name of file_source, which maps what
// can be mapped: see docs/adr/0007-plain-files-are-mapped.md.
func MmapSourceType() ingest.SourceType {
	return ingest.SourceType{Type: "file_source_mmap", Keys: sourceKeys(), Formats: formats, Open: Open, Check: check}
}

func check(r *ingest.Registry, s ingest.SourceSpec) error {
	_, err := s.Props.Duration(0, "file.wait.timeout")
	return errors.Join((&Connector{name: s.Name, env: s.Env, reg: r, props: s.Props}).configure(s), err)
}

func sourceKeys() []ingest.Key {
	return []ingest.Key{
		{Name: "path", Doc: "file, glob (** crosses folders) or folder; - is standard input"},
		{Name: "format", Default: "by extension", Doc: "csv tsv json jsonl ndjson string raw arrow arrows parquet capture; for a capture the format of its payloads"},
		{Name: "recursive", Default: "false", Doc: "a folder's subfolders too"},
		{Name: "watch", Default: "false", Doc: "never end: wait for more at the end of the files, and for new files"},
		{Name: "polling.interval", Default: "1s", Doc: "how often a watched file is looked at"},
		{Name: "max_records", Default: "0", Doc: "end after that many records; 0 for all"},
		{Name: "skip_lines", Default: "0", Doc: "lines to pass over at the start of each file"},
		{Name: "file.wait.timeout", Default: "0", Doc: "how long to wait for a file that is not there"},
		{Name: "infer.records", Default: "1000", Doc: "records of each file that tell the columns, when none are declared"},
		{Name: "envelope", Default: "auto", Doc: "auto finds captures by their first record; none reads them as plain JSON; capture insists"},
		{Name: "topic", Doc: "of a capture, only the records of this topic"},
		{Name: "key.fields", Doc: "of a capture, columns filled from the message key"},
		{Name: "key.format", Default: "string", Doc: "how the message key is written: string (parts split at |) or json"},
	}
}

// Connector reads files. It implements [ingest.Connector].
type Connector struct {
	name      string
	env       ingest.Env
	reg       *ingest.Registry
	props     ingest.Props
	path      string
	format    string // as given, "" by extension
	watch     bool
	poll      time.Duration
	max       int64
	skipLines int64
	inferN    int64
	envelope  string
	topic     string
	keys      keyColumns
	isTable   bool // deletions are asked for
	finder    finder
	inputs    []*input
	schema    *arrow.Schema
	known     bool // schema was found, or found to be unknown
	lines     lineCounts
	tables    sync.Mutex // guards what inputs have opened
}

// aliases of format names.
var aliases = map[string]string{"jsonl": "json", "ndjson": "json", "text": "string"}

// Open finds the files of a source. Nothing is read before [Connector.Schema].
func Open(ctx context.Context, r *ingest.Registry, spec ingest.SourceSpec) (ingest.Connector, error) {
	c := &Connector{name: spec.Name, env: spec.Env, reg: r, props: spec.Props, isTable: spec.Table}
	if err := c.configure(spec); err != nil {
		return nil, ingest.Usage(fmt.Errorf("source %q: %w", spec.Name, err))
	}
	wait, err := spec.Props.Duration(0, "file.wait.timeout")
	if err != nil {
		return nil, ingest.Usage(err)
	}
	for start := time.Now(); ; {
		if c.inputs, err = c.find(); err == nil {
			break
		}
		if !errors.Is(err, fs.ErrNotExist) || time.Since(start) >= wait {
			return nil, ingest.Usage(fmt.Errorf("source %q: %w", spec.Name, err))
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(min(c.poll, wait, 100*time.Millisecond)):
		}
	}
	if spec.Columns != nil && spec.Columns.NumFields() > 0 {
		c.schema = spec.Columns
	}
	// The formats read their keys now, so that a wrong one is found before a record.
	for _, in := range c.inputs {
		if err := c.resolve(in); err != nil {
			return nil, ingest.Usage(fmt.Errorf("source %q: %w", spec.Name, err))
		}
		if err := c.check(in); err != nil {
			return nil, ingest.Usage(fmt.Errorf("source %q: %w", spec.Name, err))
		}
		if c.watch && (in.kind != "text" || in.stdin != nil) {
			return nil, ingest.Usage(fmt.Errorf("source %q: watch=true follows text files, and %s is none", spec.Name, in.path))
		}
	}
	return c, nil
}

// Rows is about how many rows the files have, by their size.
func (c *Connector) Rows() int64 {
	var n int64
	for _, in := range c.inputs {
		switch {
		case in.stdin != nil || in.size <= 0:
			return -1
		case in.codec != "":
			n += in.size / (firstRecord / 4)
		default:
			n += in.size / firstRecord
		}
	}
	if c.max > 0 {
		n = min(n, c.max)
	}
	return n
}

func (c *Connector) configure(spec ingest.SourceSpec) error {
	p := spec.Props
	var ok bool
	if c.path, ok = p.Get("path"); !ok || c.path == "" {
		return errors.New(`missing key "path": the file, glob or folder to read, or - for standard input`)
	}
	c.format = strings.ToLower(p.String("", "format"))
	if a := aliases[c.format]; a != "" {
		c.format = a
	}
	var err error
	fail := func(e error) {
		if err == nil {
			err = e
		}
	}
	var e error
	recursive, e := p.Bool(false, "recursive")
	fail(e)
	c.watch, e = p.Bool(false, "watch")
	fail(e)
	c.poll, e = p.Duration(time.Second, "polling.interval")
	fail(e)
	if c.poll <= 0 {
		fail(errors.New(`key "polling.interval" must be more than 0`))
	}
	c.max, e = p.Int(0, "max_records")
	fail(e)
	c.skipLines, e = p.Int(0, "skip_lines")
	fail(e)
	c.inferN, e = p.Int(1000, "infer.records")
	fail(e)
	if c.max < 0 || c.skipLines < 0 || c.inferN < 1 {
		fail(errors.New(`keys "max_records" and "skip_lines" must not be negative, and "infer.records" must be positive`))
	}
	c.envelope, e = p.Enum("auto", []string{"auto", "none", "capture"}, "envelope")
	fail(e)
	if c.format == "capture" {
		c.format, c.envelope = "", "capture"
	}
	c.topic = p.String("", "topic")
	c.keys, e = newKeyColumns(p, spec.KeyFields)
	fail(e)
	dirs := spec.Env.Dirs
	c.finder = finder{disk: spec.Env.FS, dirs: dirs, recursive: recursive, any: c.format != "" || c.envelope == "capture"}
	return err
}

func (c *Connector) find() ([]*input, error) {
	if c.path == "-" {
		if c.env.Stdin == nil {
			return nil, ingest.Usage(errors.New("there is no standard input to read"))
		}
		return []*input{{path: "-", stdin: &stdin{r: c.env.Stdin}}}, nil
	}
	return c.finder.find(c.path)
}

// resolve finds the format of one file, without reading it.
func (c *Connector) resolve(in *input) error {
	ext, _ := splitExt(in.path)
	form := c.format
	if form == "" {
		form = ext
		if (c.envelope == "capture" || ext == "capture") && ext != "arrow" && ext != "arrows" {
			form = "json"
		}
		if a := aliases[form]; a != "" {
			form = a
		}
		if in.stdin != nil {
			form = "json"
		}
	}
	in.kind, in.form = "text", form
	switch {
	case isIPC(ext): // with another format it must be a capture of such payloads
		in.kind, in.columns = "table", ext
	case isIPC(form):
		in.kind, in.columns = "table", form
	case c.envelope == "capture" || ext == "capture" && c.envelope != "none":
		in.kind = "capture"
	default:
		if _, ok := c.reg.FileFormat(form); ok {
			in.kind, in.columns = "table", form
		}
	}
	if form == in.columns {
		return nil
	}
	if _, err := c.reg.Format(form); err != nil {
		if c.format == "" {
			return fmt.Errorf("%s: the extension %q tells no format; add format=csv, json, …", in.path, ext)
		}
		return err
	}
	return nil
}

func isIPC(form string) bool { return form == "arrow" || form == "arrows" }

// check makes the format read its keys.
func (c *Connector) check(in *input) error {
	switch {
	case in.form == in.columns:
		return nil
	case in.kind != "text":
		f, _ := c.reg.Format(in.form)
		_, err := f.NewDecoder(c.props, c.schema, nil)
		return err
	}
	_, err := c.stream(in, c.schema, nil)
	return err
}

// stream makes a decoder of a text file.
func (c *Connector) stream(in *input, declared *arrow.Schema, want []arrow.Field) (ingest.StreamDecoder, error) {
	f, err := c.reg.Format(in.form)
	if err != nil {
		return nil, err
	}
	if f.NewStream == nil {
		return nil, ingest.Usage(fmt.Errorf("%s: format %s has no file form; it is for payloads of topics and captures", in.path, in.form))
	}
	return f.NewStream(c.propsOf(in), declared, want)
}

// propsOf are the keys for one file: a .json file is a document, unless the
// keys say otherwise.
func (c *Connector) propsOf(in *input) ingest.Props {
	ext, _ := splitExt(in.path)
	if in.form != "json" || ext != "json" || c.props.Has(layoutKey) {
		return c.props
	}
	return c.props.With(layoutKey, "document")
}

const layoutKey = "json.layout"

// Bounded implements [ingest.Connector].
func (c *Connector) Bounded() bool { return !c.watch }

// Untimed implements [ingest.Untimed]: only captures have timestamps.
func (c *Connector) Untimed() bool {
	return !c.hasCapture()
}

// System implements [ingest.Connector].
func (c *Connector) System() []string {
	all := []string{ingest.ColTimestamp, ingest.ColOffset, ingest.ColPartition, ingest.ColTopic, ingest.ColKey, ingest.ColHeaders}
	if c.isTable && c.hasCapture() {
		all = append(all, ingest.ColDeleted)
	}
	return all
}

// Describe implements [ingest.Connector].
func (c *Connector) Describe() string {
	form := c.format
	if form == "" && len(c.inputs) > 0 {
		form = c.inputs[0].form
	}
	kind := ""
	if c.hasCapture() {
		kind = " capture"
	}
	n := ""
	if len(c.inputs) > 1 {
		n = fmt.Sprintf(" (%d files)", len(c.inputs))
	}
	return fmt.Sprintf("file %s%s, %s%s", c.path, n, form, kind)
}

// Close implements [ingest.Connector].
func (c *Connector) Close() error {
	var err error
	for _, in := range c.inputs {
		if in.table != nil {
			err = errors.Join(err, in.table.Close())
		}
	}
	return err
}

// Seeks implements [ingest.Seeker]: a capture's records outside of the bounds
// are not decoded.
func (c *Connector) Seeks() bool { return c.hasCapture() && !c.watch }

func (c *Connector) skipped(s ingest.Scan, unknown, tombstones, sought int64) {
	if s.Skipped == nil {
		return
	}
	if unknown > 0 {
		atomic.AddInt64(&s.Skipped.UnknownFields, unknown)
	}
	if tombstones > 0 {
		atomic.AddInt64(&s.Skipped.Tombstones, tombstones)
	}
	if sought > 0 {
		atomic.AddInt64(&s.Skipped.Sought, sought)
	}
}

// Scan implements [ingest.Connector].
func (c *Connector) Scan(ctx context.Context, s ingest.Scan) ([]arrowexec.Piece, error) {
	if _, err := c.Schema(ctx); err != nil {
		return nil, err
	}
	parts, err := c.split(s)
	if err != nil {
		return nil, err
	}
	pieces := make([]arrowexec.Piece, len(parts))
	for i, p := range parts {
		pieces[i] = func(context.Context) (arrowexec.Source, error) { return newChain(c, s, p), nil }
	}
	return pieces, nil
}
