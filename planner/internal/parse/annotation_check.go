package parse

import (
	"strconv"
	"strings"

	"github.com/velostream/velo/planner/internal/ast"
	"github.com/velostream/velo/planner/internal/diag"
)

// annotationRule says what a key's value must be; message is empty when right.
type annotationRule func(value string) (message string)

func anyText(string) string { return "" }

func oneOf(list ...string) annotationRule {
	return func(v string) string {
		for _, w := range list {
			if strings.EqualFold(v, w) {
				return ""
			}
		}
		return "must be one of " + strings.Join(list, ", ")
	}
}

func positiveInt(v string) string {
	if n, err := strconv.ParseInt(strings.ReplaceAll(v, "_", ""), 10, 32); err != nil || n < 1 {
		return "must be a positive integer"
	}
	return ""
}

func fraction(v string) string {
	if f, err := strconv.ParseFloat(v, 64); err != nil || !(f >= 0 && f <= 1) {
		return "must be a number from 0 to 1"
	}
	return ""
}

func metricName(v string) string {
	for i, r := range v {
		if !(r == '_' || r == ':' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || i > 0 && r >= '0' && r <= '9') {
			return "must be a metric's name: letters, digits, _ and :"
		}
	}
	return ""
}

func nameList(v string) string {
	for _, s := range strings.Split(v, ",") {
		if s = strings.TrimSpace(s); s == "" || strings.ContainsAny(s, " \t'\"()") {
			return "must be names separated by commas"
		}
	}
	return ""
}

func buckets(v string) string {
	last, first := 0.0, true
	for _, s := range strings.Split(strings.Trim(v, "[]"), ",") {
		f, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
		if err != nil || f != f || !first && f <= last {
			return "must be rising numbers separated by commas"
		}
		last, first = f, false
	}
	return ""
}

func condition(v string) string {
	if _, list := Expr("", v); list.HasErrors() {
		return "is no condition: " + list[0].Message
	}
	return ""
}

// annotationRules are the known keys.
var annotationRules = map[string]annotationRule{
	"app": anyText, "version": anyText, "description": anyText, "author": anyText, "name": anyText,
	"job_mode": oneOf("simple", "transactional", "adaptive"), "batch_size": positiveInt, "num_partitions": positiveInt,
	"partitioning_strategy": anyText,
	"metric":                metricName, "metric_type": oneOf("counter", "gauge", "histogram"), "metric_help": anyText,
	"metric_labels": nameList, "metric_condition": condition, "metric_field": anyText, "metric_buckets": buckets,
	"metric_sample_rate": fraction,
}

var partitioningStrategies = oneOf("sticky", "smart", "hash", "roundrobin", "fanin", "always_hash",
	"smart_repartition", "sticky_partition", "round_robin", "fan_in")

// annotationGroups are known by their first part.
var annotationGroups = []string{"observability", "deployment", "sla", "data"}

// checkAnnotation judges an annotation whose form is right: unknown and empty
// ones are warnings, wrong values errors. A warning without ok means it is not
// kept.
func checkAnnotation(a *ast.Annotation) (d diag.Diagnostic, ok bool) {
	warn := func(format string, args ...any) diag.Diagnostic {
		return diag.Warnf(diag.Annotation, "", a.Position, format, args...)
	}
	rule, known := annotationRules[a.Key]
	group, rest, dotted := strings.Cut(a.Key, ".")
	if !known && dotted && rest != "" {
		for _, g := range annotationGroups {
			if g == group {
				rule, known = anyText, true
			}
		}
		if group == "observability" && strings.HasSuffix(rest, "enabled") {
			rule = oneOf("true", "false", "on", "off", "yes", "no", "1", "0")
			if rest == "profiling.enabled" { // for how much overhead
				rule = oneOf("true", "false", "on", "off", "yes", "no", "1", "0", "dev", "prod")
			}
		}
	}
	if !known {
		names := make([]string, 0, len(annotationRules))
		for k := range annotationRules {
			names = append(names, k)
		}
		w := warn("unknown annotation @%s", a.Key)
		w.Hint = diag.SuggestHint(a.Key, diag.SortedNames(names), false)
		return w, false
	}
	if a.Value == "" {
		return warn("malformed annotation: @%s has no value", a.Key).WithHint("write -- @%s: value", a.Key), false
	}
	if message := rule(a.Value); message != "" {
		e := diag.Errorf(diag.Annotation, "", a.ValuePos, "annotation @%s %s, not %q", a.Key, message, a.Value)
		return e, false
	}
	if a.Key == "partitioning_strategy" {
		if message := partitioningStrategies(a.Value); message != "" {
			return warn("unknown partitioning strategy %q: @partitioning_strategy %s", a.Value, message), true
		}
	}
	return diag.Diagnostic{}, true
}
