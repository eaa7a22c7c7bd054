package file

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/ingest"
)

// SinkType is file_sink.
func SinkType() ingest.SinkType {
	return ingest.SinkType{Type: "file_sink", Schemes: []string{"file"}, Keys: append([]ingest.Key{
		{Name: "path", Doc: "file to write; - is standard output"},
		{Name: "compression.type", Default: "by extension", Doc: "none gzip zstd lz4 snappy"},
		{Name: "append", Default: "false", Doc: "add to the file if it is there"},
		{Name: "rotate.size", Default: "0", Doc: "begin a new, numbered file once one has that many bytes before compression"},
		{Name: "rotate.interval", Default: "0", Doc: "begin a new, numbered file after that time"},
	}, WriterKeys()...), Formats: Written, Open: OpenSink, Check: func(r *ingest.Registry, s ingest.SinkSpec) error { return (&sink{reg: r, spec: s}).configure() }}
}

// sink writes files. What is not complete stands under a temporary name.
type sink struct {
	reg    *ingest.Registry
	spec   ingest.SinkSpec
	path   string
	format string
	codec  string
	array  bool
	append bool
	rotate int64
	every  int64 // ms
	file   *output
	number int
	rows   atomic.Int64
	bytes  atomic.Int64
	past   int64
	closed bool
}

// output is the file being written.
type output struct {
	name  string // when complete
	temp  string // "" when written in place
	f     io.WriteCloser
	keep  int64 // bytes that an appended file had; -1: none to keep
	buf   *bufio.Writer
	pack  io.WriteCloser
	rows  *RowWriter
	since int64
}

// OpenSink checks the keys and opens the first file.
func OpenSink(_ context.Context, r *ingest.Registry, spec ingest.SinkSpec) (arrowexec.Sink, error) {
	s := &sink{reg: r, spec: spec}
	if err := s.configure(); err != nil {
		return nil, ingest.Usage(fmt.Errorf("sink %q: %w", spec.Name, err))
	}
	if err := s.begin(); err != nil {
		return nil, err
	}
	return s, nil
}

// configure reads the keys.
func (s *sink) configure() error {
	p, spec := s.spec.Props, s.spec
	var ok bool
	if s.path, ok = p.Get("path"); !ok || s.path == "" {
		return errors.New(`missing key "path": the file to write, or - for standard output`)
	}
	s.path = strings.TrimPrefix(s.path, "file://")
	if s.path != "-" && !filepath.IsAbs(s.path) && len(spec.Env.Dirs) > 0 {
		s.path = filepath.Join(spec.Env.Dirs[0], s.path)
	}
	ext, codec := splitExt(s.path)
	s.format = strings.ToLower(p.String("", "format"))
	if s.format == "" {
		if s.format = ext; s.path == "-" || ext == "" {
			s.format = "json"
		}
	}
	if a := aliases[s.format]; a != "" {
		s.format = a
	}
	if s.format == "capture" && (ext == "arrow" || ext == "arrows") {
		s.format = map[string]string{"arrow": captureArrow, "arrows": captureArrows}[ext]
	}
	s.array = ext == "json"
	var err error
	if codec == "" {
		codec = "none"
	}
	table, columns := s.reg.FileFormat(s.format)
	if slices.ContainsFunc(table.Keys, func(k ingest.Key) bool { return k.Name == "compression.type" }) {
		s.codec = codec // the format packs for itself
	} else if s.codec, err = p.Enum(codec, []string{"none", "gzip", "zstd", "lz4", "snappy"}, "compression.type", "compression"); err != nil {
		return err
	}
	if s.append, err = p.Bool(false, "append"); err != nil {
		return err
	}
	if s.rotate, err = p.Bytes(0, "rotate.size"); err != nil {
		return err
	}
	every, err := p.Duration(0, "rotate.interval")
	if err != nil {
		return err
	}
	s.every = every.Milliseconds()
	switch {
	case s.append && (columns || strings.HasPrefix(s.format, "capture.") || s.array && s.format == "json"):
		return fmt.Errorf("append=true cannot add to a file of format %s, which has an end; use jsonl or csv", s.format)
	case (s.append || s.path == "-") && (s.rotate > 0 || s.every > 0):
		return errors.New("rotate.size and rotate.interval need files of their own: neither append=true nor -")
	case s.path == "-" && spec.Env.Stdout == nil:
		return errors.New("there is no standard output to write")
	}
	return nil
}

func (s *sink) now() int64 {
	if s.spec.Env.Clock != nil {
		return s.spec.Env.Clock()
	}
	return time.Now().UnixMilli()
}

// begin opens the next file.
func (s *sink) begin() error {
	o := &output{name: s.path, keep: -1, since: s.now()}
	if s.rotate > 0 || s.every > 0 {
		s.number++
		o.name = numbered(s.path, s.number)
	}
	bare := false
	info, err := os.Stat(o.name)
	switch {
	case s.path == "-":
		o.f = nopCloser{s.spec.Env.Stdout}
	case err == nil && info.IsDir():
		return ingest.Usage(fmt.Errorf("sink %q: %s is a folder; name a file in it", s.spec.Name, o.name))
	case err == nil && (s.append || !info.Mode().IsRegular()): // a pipe or device cannot be renamed over
		f, err := os.OpenFile(o.name, os.O_WRONLY|os.O_APPEND, 0)
		if err != nil {
			return ingest.Usage(fmt.Errorf("sink %q: %w", s.spec.Name, err))
		}
		if info.Mode().IsRegular() {
			o.keep, bare = info.Size(), info.Size() > 0
		}
		o.f = f
	default:
		f, temp, err := createTemp(o.name)
		if err != nil {
			return ingest.Usage(fmt.Errorf("sink %q: %w", s.spec.Name, err))
		}
		o.f, o.temp = f, temp
	}
	o.buf = bufio.NewWriterSize(o.f, 64<<10) // more than that is written as it comes
	if o.pack, err = pack(s.codec, o.buf); err == nil {
		o.rows, err = NewRowWriter(o.pack, s.reg, s.spec, s.format, s.array, bare)
	}
	s.file = o
	if err != nil {
		s.abandon()
		return err
	}
	return nil
}

// createTemp makes a file beside name that no reader of the folder takes for data.
func createTemp(name string) (*os.File, string, error) {
	dir, base := filepath.Split(name)
	for i := 0; ; i++ {
		temp := fmt.Sprintf("%s.%s.%d-%d.tmp", dir, base, os.Getpid(), i)
		f, err := os.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
		if !errors.Is(err, os.ErrExist) || i > 10_000 {
			return f, temp, err
		}
	}
}

// numbered puts a number before the extensions: out.jsonl.gz → out-00001.jsonl.gz.
func numbered(path string, n int) string {
	dir, base := filepath.Split(path)
	stem, ext := base, ""
	if i := strings.IndexByte(base[min(1, len(base)):], '.'); i >= 0 {
		stem, ext = base[:i+1], base[i+1:]
	}
	return fmt.Sprintf("%s%s-%05d%s", dir, stem, n, ext)
}

// Write implements [arrowexec.Sink].
func (s *sink) Write(_ context.Context, b *arrowexec.Batch) error {
	if s.file.rows.Rows() > 0 && (s.rotate > 0 && s.file.rows.Bytes() >= s.rotate || s.every > 0 && s.now()-s.file.since >= s.every) {
		if err := s.finish(); err != nil {
			return err
		}
		if err := s.begin(); err != nil {
			return err
		}
	}
	if err := s.file.rows.Write(b); err != nil {
		return fmt.Errorf("writing %s: %w", s.file.name, err)
	}
	s.rows.Add(int64(b.Rows()))
	s.bytes.Store(s.past + s.file.rows.Bytes())
	return nil
}

// Flush hands everything to the operating system.
func (s *sink) Flush(context.Context) error {
	if s.closed {
		return nil
	}
	if err := s.file.rows.Flush(); err != nil {
		return fmt.Errorf("writing %s: %w", s.file.name, err)
	}
	if f, ok := s.file.pack.(interface{ Flush() error }); ok {
		if err := f.Flush(); err != nil {
			return fmt.Errorf("writing %s: %w", s.file.name, err)
		}
	}
	if err := s.file.buf.Flush(); err != nil {
		return fmt.Errorf("writing %s: %w", s.file.name, err)
	}
	return nil
}

// finish completes the file and gives it its name.
func (s *sink) finish() error {
	o := s.file
	err := o.rows.Close()
	if cerr := o.pack.Close(); err == nil {
		err = cerr
	}
	if ferr := o.buf.Flush(); err == nil {
		err = ferr
	}
	s.past += o.rows.Bytes()
	s.bytes.Store(s.past)
	if f, ok := o.f.(*os.File); ok && o.temp != "" && err == nil {
		err = f.Sync()
	}
	if cerr := o.f.Close(); err == nil {
		err = cerr
	}
	if err == nil && o.temp != "" {
		err = os.Rename(o.temp, o.name)
	}
	if err != nil {
		if o.temp != "" {
			os.Remove(o.temp)
		}
		return fmt.Errorf("writing %s: %w", o.name, err)
	}
	return nil
}

// abandon takes the present file back.
func (s *sink) abandon() {
	o := s.file
	if o.pack != nil {
		o.pack.Close() // frees what a compressor holds; its output goes nowhere
	}
	if f, ok := o.f.(*os.File); ok && o.keep >= 0 {
		f.Truncate(o.keep)
	}
	o.f.Close()
	if o.temp != "" {
		os.Remove(o.temp)
	}
}

// Close implements [arrowexec.Sink]. Files that rotation has completed stay.
func (s *sink) Close(_ context.Context, commit bool) error {
	if s.closed {
		return nil
	}
	s.closed = true
	if !commit {
		s.abandon()
		return nil
	}
	return s.finish()
}

// Stats implements [arrowexec.Sink].
func (s *sink) Stats() arrowexec.SinkStats {
	return arrowexec.SinkStats{Rows: s.rows.Load(), Bytes: s.bytes.Load()}
}
