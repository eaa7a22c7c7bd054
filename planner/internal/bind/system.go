package bind

import (
	"slices"
	"strings"

	"github.com/velostream/velo/planner/internal/ast"
	"github.com/velostream/velo/planner/internal/logical"
)

// System lists the system columns, in the order of the reference.
var System = []string{"_timestamp", "_offset", "_partition", "_topic", "_key", "_headers", "_event_time", "_window_start", "_window_end"}

// system lists the system columns that a SELECT can name.
func (z *selecting) system() []string {
	has := func(name string) bool {
		_, n := z.in.find("", name, false)
		return n > 0 || slices.Contains(z.rel.System, name)
	}
	var out []string
	for _, name := range System {
		switch {
		case strings.HasPrefix(name, "_window"):
			if z.bound.Windowed || has(name) {
				out = append(out, name)
			}
		case name == "_event_time":
			if has(name) || has("_timestamp") {
				out = append(out, name)
			}
		case has(name):
			out = append(out, name)
		}
	}
	return out
}

// commonSystem are those that all members of a set operation can name.
func commonSystem(bounds []*Bound) []string {
	out := slices.Clone(bounds[0].System)
	for _, b := range bounds[1:] {
		out = slices.DeleteFunc(out, func(n string) bool { return !slices.Contains(b.System, n) })
	}
	return out
}

// isEventTime tells that a window names the event time of its input, plainly or with the
// input's name.
func (z *selecting) isEventTime(n *ast.Name, fields []logical.Field) bool {
	if n == nil || !strings.EqualFold(n.Parts[len(n.Parts)-1].Name, "_event_time") {
		return false
	}
	s := &scope{fields: fields}
	return len(n.Parts) == 1 || len(n.Parts) == 2 && s.hasQualifier(n.Parts[0].Name)
}
