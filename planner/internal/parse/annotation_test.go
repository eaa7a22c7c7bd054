package parse

import (
	"fmt"
	"strings"
	"testing"

	"github.com/velostream/velo/planner/internal/diag"
)

const annotated = `-- @app: demo
-- @version: 1.0
-- @job_mode: simple
/* a comment

   with a blank line */
-- ===================
-- @name: first
-- @metric: rows_total
-- @job_mode: Adaptive
SELECT 1;  -- @name: not mine

-- @name: "the second"
-- @observability.metrics.enabled: TRUE
;
SELECT 2
-- @name: inside
FROM t;
SELECT 3;
-- @name: nobody
`

func TestAnnotations(t *testing.T) {
	list, diags := Statements("app.sql", annotated, Options{})
	var got []string
	for _, s := range list {
		line := s.Text[:8] + ":"
		for _, a := range s.Annotations {
			line += fmt.Sprintf(" %s=%s", a.Key, a.Value)
			if a.Inherited {
				line += "*"
			}
			line += "@" + a.Pos().String()
		}
		got = append(got, line)
	}
	want := []string{
		"SELECT 1: app=demo*@1:4 version=1.0*@2:4 name=first@8:4 metric=rows_total@9:4 job_mode=Adaptive@10:4",
		"SELECT 2: app=demo*@1:4 version=1.0*@2:4 job_mode=simple*@3:4 name=the second@13:4 observability.metrics.enabled=TRUE@14:4",
		"SELECT 3: app=demo*@1:4 version=1.0*@2:4 job_mode=simple*@3:4",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s", strings.Join(got, "\n"))
	}
	if v, ok := list[0].Annotation("name"); !ok || v != "first" {
		t.Errorf("%q", v)
	}
	if len(diags) != 2 || diags.HasErrors() || diags[0].Line != 17 || diags[1].Line != 20 {
		t.Errorf("%v", diags)
	}
}

func TestAnnotationHead(t *testing.T) {
	for text, inherited := range map[string]bool{
		"-- @app: x\nSELECT 1":              false,
		"-- @app: x\n\nSELECT 1":            true,
		"-- @app: x\n \t\n-- c\nSELECT 1":   true,
		"-- @app: x\n-----\nSELECT 1":       true,
		"-- @app: x\n-- == --\nSELECT 1":    true,
		"-- @app: x\n--\nSELECT 1":          false,
		"\n-- @app: x\nSELECT 1":            false,
		"\r\n-- @app: x\r\n\r\nSELECT 1":    true,
		"-- @app: x\n/*\n\n*/SELECT 1":      false,
		"\ufeff-- @app: x\n\nSELECT 1":      true,
		"--@app : x\n\nSELECT 1":            true,
		"   -- @APP: x\n\n  SELECT 1; -- y": true,
	} {
		list, diags := Statements("query", text, Options{})
		if len(list) != 1 || len(diags) > 0 || len(list[0].Annotations) != 1 {
			t.Errorf("%q: %v %v", text, list, diags)
			continue
		}
		if a := list[0].Annotations[0]; a.Inherited != inherited || a.Key != "app" || a.Value != "x" {
			t.Errorf("%q: %v", text, a)
		}
	}
}

func TestAnnotationMistakes(t *testing.T) {
	for _, c := range []struct {
		in       string
		severity diag.Severity
		at, msg  string
	}{
		{"-- @nam: x", diag.SeverityWarning, "1:4", "unknown annotation @nam"},
		{"-- @deploy.x: y", diag.SeverityWarning, "1:4", "unknown annotation"},
		{"-- @name x", diag.SeverityWarning, "1:4", "malformed"},
		{"-- @: x", diag.SeverityWarning, "1:4", "malformed"},
		{"-- @name:  ", diag.SeverityWarning, "1:4", "has no value"},
		{"-- @partitioning_strategy: x", diag.SeverityWarning, "1:4", "unknown partitioning strategy"},
		{"-- @job_mode:  fast", diag.SeverityError, "1:16", "must be one of simple"},
		{"-- @batch_size: 0", diag.SeverityError, "1:17", "positive integer"},
		{"-- @num_partitions: x", diag.SeverityError, "1:21", "positive integer"},
		{"-- @metric: a b", diag.SeverityError, "1:13", "metric's name"},
		{"-- @metric_type: meter", diag.SeverityError, "1:18", "must be one of counter"},
		{"-- @metric_labels: a,,b", diag.SeverityError, "1:20", "separated by commas"},
		{"-- @metric_condition: a >", diag.SeverityError, "1:23", "is no condition"},
		{"-- @metric_buckets: 1,5,3", diag.SeverityError, "1:21", "rising numbers"},
		{"-- @metric_sample_rate: 2", diag.SeverityError, "1:25", "from 0 to 1"},
		{"-- @observability.tracing.enabled: maybe", diag.SeverityError, "1:36", "must be one of true"},
	} {
		_, diags := Statements("query", c.in+"\nSELECT 1", Options{})
		if len(diags) != 1 || diags[0].Severity != c.severity || diags[0].Pos.String() != c.at || !strings.Contains(diags[0].Message, c.msg) || diags[0].Source != "query" {
			t.Errorf("%s: %v", c.in, diags)
		}
	}
	good := "-- @partitioning_strategy: always_hash\n-- @metric_buckets: [0.1, 1, 10]\n-- @metric_labels: a, b.c\n-- @metric_condition: a > 1\n-- @sla.latency.p99: 5ms\n-- @data.retention: 7d\n-- @deployment.node_id: n\n-- @metric_sample_rate: 0.5\n-- @batch_size: 1_000\nSELECT 1"
	if _, diags := Statements("query", good, Options{}); len(diags) > 0 {
		t.Errorf("%v", diags)
	}
}
