package bind

import (
	"time"

	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/planner/internal/logical"
)

// Behind is how far the watermark of a source stays behind its rows, and how long it
// waits for a silent partition. One that is made of the rows of several has the most.
type Behind struct{ Delay, Idle time.Duration }

func (m Behind) most(o Behind) Behind {
	return Behind{Delay: max(m.Delay, o.Delay), Idle: max(m.Idle, o.Idle)}
}

func (r *Relation) behind() Behind {
	return r.Below.most(Behind{Delay: r.Time.Delay, Idle: r.Time.Idle})
}

// marked makes the watermark of a relation whose rows have other times than its input
// (AS _event_time), where the statement needs one: of the rows as they come.
func (b *Binder) marked(r *Relation) *Relation {
	if !r.Restamped || !b.timed() {
		return r
	}
	fields := r.Node.Fields()
	s := &scope{fields: fields}
	at, ok := s.eventTime()
	if !ok {
		return r
	}
	part, n := s.find("", "_partition", false)
	if n == 0 {
		part = -1
	}
	t := &logical.Time{Input: r.Node, Column: at, Deleted: -1, Stamp: -1, Part: part, Format: "epoch_millis",
		Delay: r.behind().Delay, Idle: r.behind().Idle, Source: r.Name, Marks: true}
	t.Out = append([]logical.Field(nil), fields...)
	t.Out[at].Hidden = true
	t.Out = append(t.Out, logical.Field{Qualifier: fields[at].Qualifier, Name: "_event_time", Type: vec.TypeTimestamp, System: true})
	c := *r
	c.Node, c.Restamped = t, false
	return &c
}

// roles gives items that have no role those of the first member of the set operation,
// and notes which items have one.
func (z *selecting) roles(first []string) {
	for i := range z.items {
		it := &z.items[i]
		if it.role == "" && i < len(first) {
			it.role = first[i]
		}
		if it.role != "" {
			z.bound.roles = append(z.bound.roles, make([]string, i+1-len(z.bound.roles))...)
			z.bound.roles[i] = it.role
		}
	}
}
