package render

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/ingest"
	"github.com/velostream/velo/ingest/capture"
)

// Forms are the names of -o that velo writes.
var Forms = []string{"table", "jsonl", "json", "csv", "tsv", "markdown", "arrow", "arrows", "parquet", "avro", "capture"}

// Options say how rows are printed.
type Options struct {
	Form     string
	W        io.Writer
	Registry *ingest.Registry
	// Terminal turns on what only a person sees: dim NULLs and cells cut to Width
	// columns (0: never cut).
	Terminal bool
	Color    bool
	Width    int
	// Live writes every batch at once instead of filling a buffer first: for
	// sources that wait.
	Live bool
	// Topic names the records of a capture.
	Topic string
}

// Check tells whether a form exists and may go where it is to go.
func Check(form string, terminal bool) error {
	switch {
	case !slices.Contains(Forms, form):
		return fmt.Errorf("unknown output %q; known: %s", form, strings.Join(Forms, ", "))
	case slices.Contains([]string{"arrow", "arrows", "parquet", "avro"}, form) && terminal:
		return fmt.Errorf("output %s is binary and would garble the terminal; redirect it to a file", form)
	}
	return nil
}

// New makes the sink that prints rows with the columns of out.
func New(o Options, out ingest.Output) (arrowexec.Sink, error) {
	if err := Check(o.Form, o.Terminal); err != nil {
		return nil, err
	}
	w := &buffer{w: o.W, live: o.Live}
	switch o.Form {
	case "table":
		return newTable(w, out.Payload(), o), nil
	case "markdown":
		return newMarkdown(w, out.Payload()), nil
	}
	if f, ok := o.Registry.FileFormat(o.Form); ok {
		return newColumns(w, f, out.Payload())
	}
	name := map[string]string{"jsonl": "json", "json": "json", "capture": "json"}[o.Form]
	if name == "" {
		name = o.Form
	}
	f, err := o.Registry.Format(name)
	if err != nil {
		return nil, err
	}
	enc, err := f.NewEncoder(ingest.NewProps(), out)
	if err != nil {
		return nil, err
	}
	s := &lines{buffer: w, enc: enc, end: "\n"}
	switch o.Form {
	case "json":
		s.first, s.between, s.end, s.last, s.none = "[\n", ",\n", "", "\n]\n", "[]\n"
	case "capture":
		s.enc, s.end = capture.NewEncoder(enc, o.Topic, out), ""
	}
	return s, nil
}
