package bench

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// ReadFile reads the JSON form of results.
func ReadFile(r io.Reader) (*File, error) {
	f := &File{}
	d := json.NewDecoder(r)
	if err := d.Decode(f); err != nil {
		return nil, fmt.Errorf("not results as run -o json writes them: %w", err)
	}
	if len(f.Results) == 0 {
		return nil, fmt.Errorf("no results: write them with run -o json")
	}
	return f, nil
}

// what is the same in results that can be compared.
func (r *Result) what() string {
	s := fmt.Sprintf("%s source %s, %s, %d threads, batch %s", r.Workload, r.Source, r.Format, r.Threads, r.Batch)
	if r.Keys > 0 {
		s += fmt.Sprintf(", %d keys", r.Keys)
	}
	return s
}

// Compare writes what became of each workload that both files have: CPU time a
// row with the ratio new to old, least and greatest of the rounds, and
// allocations. Files of different machines or lengths are said to be so.
func Compare(w io.Writer, before, after *File) error {
	var sb strings.Builder
	if a, b := before.Machine, after.Machine; a != b {
		fmt.Fprintf(&sb, "the machines differ, so the ratios say little:\n  old %+v\n  new %+v\n", a, b)
	}
	both := 0
	for _, n := range after.Results {
		var o *Result
		for _, x := range before.Results {
			if x.what() == n.what() {
				o = x
			}
		}
		if o == nil {
			fmt.Fprintf(&sb, "%s: only in the new file\n", n.what())
			continue
		}
		both++
		fmt.Fprintf(&sb, "%s\n  CPU %s -> %s ns/row, %.2f times the old; allocations %.4f -> %.4f a row\n",
			n.what(), o.spread(), n.spread(), n.NsPerRow/o.NsPerRow, o.AllocsPerRow, n.AllocsPerRow)
		if o.Rows != n.Rows {
			fmt.Fprintf(&sb, "  over different data: %d and %d rows\n", o.Rows, n.Rows)
		}
	}
	for _, o := range before.Results {
		found := false
		for _, n := range after.Results {
			found = found || n.what() == o.what()
		}
		if !found {
			fmt.Fprintf(&sb, "%s: only in the old file\n", o.what())
		}
	}
	if both == 0 {
		sb.WriteString("the files have no workload in common\n")
	}
	_, err := io.WriteString(w, sb.String())
	return err
}

// spread is the median of the rounds and their range.
func (r *Result) spread() string {
	ns := func(x Round) float64 { return float64(x.CPU) / float64(r.Rows) }
	return fmt.Sprintf("%.1f (%.1f to %.1f)", r.NsPerRow, quantile(r.Rounds, 0, ns), quantile(r.Rounds, 1, ns))
}
