package planner

import (
	"context"
	"slices"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/planner/internal/ast"
)

// Validation is what was found in a text, right or wrong.
type Validation struct {
	Findings   Errors // errors and warnings, ordered by place
	Statements []StatementInfo
	// Unchecked names sources whose columns are not known.
	Unchecked []string
	// Annotations are those of the whole file.
	Annotations []AnnotationInfo
}

// StatementInfo is one query that is right.
type StatementInfo struct {
	Name    string
	Line    int
	Columns []arrow.Field
	// System are the system columns that its outermost SELECT can name.
	System      []string
	Annotations []AnnotationInfo
}

// AnnotationInfo is an annotation and what it does here.
type AnnotationInfo struct {
	Key, Value string
	Line       int
	Effect     string // "" for none
	Why        string // there is none
}

// Check reads a text, its configuration and schema files, and no data, and
// tells all that is wrong or likely wrong with it. The error is one of usage.
func Check(ctx context.Context, text string, o Options) (*Validation, error) {
	o.Mode = Validate
	c := read(ctx, text, o)
	c.compile()
	defer c.app.Close()
	if c.usage != nil && !c.errs.HasErrors() {
		return nil, c.usage
	}
	v := &Validation{Findings: c.errs.Sorted(), Unchecked: slices.Clone(c.app.Unchecked)}
	for _, st := range c.app.Statements {
		info := StatementInfo{Name: st.Name, Line: st.at.Line, Columns: st.output.Fields, System: st.bound.System}
		for _, a := range st.annotations {
			if !a.Inherited {
				i := annotationInfo(a)
				if a.Key == "name" && st.Name != a.Value {
					i.Effect, i.Why = "", "the query has the name of its stream or sink"
				}
				info.Annotations = append(info.Annotations, i)
			}
		}
		v.Statements = append(v.Statements, info)
	}
	for _, s := range c.all {
		for _, a := range s.Annotations {
			if a.Inherited && !slices.ContainsFunc(v.Annotations, func(i AnnotationInfo) bool { return i.Key == a.Key }) {
				v.Annotations = append(v.Annotations, annotationInfo(a))
			}
		}
	}
	return v, nil
}

// annotationEffects say what an annotation does; a group has its first part.
var annotationEffects = []struct{ key, effect, why string }{
	{"app", "names the application: consumer groups and client ids", ""},
	{"name", "names the query in the ledger and in EXPLAIN; at the head of the file, the application", ""},
	{"batch_size", "rows in a batch, as 'batch.size'", ""},
	{"version", "", "it is for the reader"},
	{"description", "", "it is for the reader"},
	{"author", "", "it is for the reader"},
	{"job_mode", "", "offsets are always committed after the output they led to"},
	{"num_partitions", "", "--threads says how many pipelines run"},
	{"partitioning_strategy", "", "rows of one partition stay in order on every plan"},
	{"metric", "", "there are no metrics of an application's own yet; see --stats"},
	{"observability", "", "see --stats, --progress and --log-format"},
	{"deployment", "", "it is for the tool that deploys the file"},
	{"sla", "", "nothing watches it"},
	{"data", "", "it is for the reader"},
}

func annotationInfo(a ast.Annotation) AnnotationInfo {
	info := AnnotationInfo{Key: a.Key, Value: a.Value, Line: a.Pos().Line}
	group, _, _ := strings.Cut(a.Key, ".")
	group, _, metric := strings.Cut(group, "metric_")
	if metric {
		group = "metric"
	}
	for _, e := range annotationEffects {
		if e.key == a.Key || e.key == group {
			info.Effect, info.Why = e.effect, e.why
			break
		}
	}
	return info
}

// SystemColumns is the reference of system columns.
func SystemColumns() string {
	return `system columns (left out of *, in any letter case):
  _timestamp     BIGINT ms              the record's timestamp
  _offset        BIGINT                 position in the partition, or row number of a file
  _partition     INT                    partition; 0 for a file
  _topic         STRING                 topic, or path of the file
  _key           STRING                 the record's key
  _headers       MAP<STRING, BYTES>     headers; HEADER(k), HAS_HEADER(k), HEADER_KEYS()
  _event_time    TIMESTAMP              event.time.field if set, else the record's timestamp
  _window_start  BIGINT ms              start of the window, in windowed queries
  _window_end    BIGINT ms              end of the window, in windowed queries
`
}
