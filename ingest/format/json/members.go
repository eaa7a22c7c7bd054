package json

import "github.com/velostream/velo/arrowexec/vec"

// member is a column in a STRUCT that is read as if it stood in the record, by runs of
// records that are alike.
type member struct {
	lane
	of, at int // the STRUCT's column, and the place in it
}

// membersOf are the members of all wanted STRUCTs, one behind the other.
func membersOf(o *object) (out []member) {
	for f := range o.cols {
		if c := &o.cols[f]; c.kind == vec.Struct {
			for i := range c.object.cols {
				out = append(out, member{of: f, at: i})
			}
		}
	}
	return out
}

// member gives the number, among columns and then members, of a member.
func (d *Decoder) member(of, at int) int {
	for i := range d.members {
		if m := &d.members[i]; m.of == of && m.at == at {
			return len(d.root.cols) + i
		}
	}
	return -1
}

// laneOf gives the lane of a column or member; false where it may not hold what comes.
func (d *Decoder) laneOf(column int) (*lane, bool) {
	if column < len(d.lanes) {
		return &d.lanes[column], true
	}
	m := &d.members[column-len(d.lanes)]
	s := &d.lanes[m.of]
	b := s.b.Children[m.at]
	if b.Kind == vec.String && !b.Fits(d.size+slack) {
		return nil, false
	}
	s.op, s.at = opMembers, 0
	m.lane.open(&s.c.object.cols[m.at], b, d.rows, d.size)
	return &m.lane, true
}

// shutMembers makes n rows of the STRUCTs of which members have been read, and of those
// that have not: they are NULL.
func (d *Decoder) shutMembers(n int) {
	for i := range d.members {
		m := &d.members[i]
		s := &d.lanes[m.of]
		if s.op != opMembers {
			continue
		}
		if m.lane.b == nil {
			m.lane.open(&s.c.object.cols[m.at], s.b.Children[m.at], n, 0)
			for r := range n {
				m.lane.null(r)
			}
		}
		m.lane.shut(d.base, n)
		if m.lane.b = nil; m.at == len(s.c.object.cols)-1 {
			for range n {
				s.b.EndStruct()
			}
		}
	}
}
