package over

import (
	"slices"

	"github.com/velostream/velo/arrowexec/expr"
)

// model computes buffered windows from the sentence of the contract: after every
// row, over all rows that the row's partition's buffer has, sorted anew.
type model struct {
	rows  [][]any // partition, order key, value, time
	wins  []Window
	left  []bool
	open  []int
	value map[[3]int]any // window, call, row
	out   []int
}

type modelBuffer struct {
	rows []int
	last any
}

func (m *model) run() []int {
	m.left, m.open, m.value = make([]bool, len(m.rows)), make([]int, len(m.rows)), map[[3]int]any{}
	bufs := make([]map[any]*modelBuffer, len(m.wins))
	for i := range bufs {
		bufs[i] = map[any]*modelBuffer{}
	}
	for r := range m.rows {
		for wi, w := range m.wins {
			g := m.group(w, r)
			buf := bufs[wi][g]
			if buf == nil {
				buf = &modelBuffer{}
				bufs[wi][g] = buf
			}
			if t := m.rows[r][3]; w.Expire > 0 && t != nil {
				if buf.last != nil && t.(int)-buf.last.(int) > int(w.Expire) {
					m.look(wi, buf.rows, true)
					buf.rows = nil
				}
				if buf.last == nil || t.(int) > buf.last.(int) {
					buf.last = t
				}
			}
			if buf.rows = append(buf.rows, r); len(buf.rows) > int(w.Buffer) {
				buf.rows = buf.rows[1:]
			}
			m.look(wi, buf.rows, false)
		}
		m.leave(r)
	}
	for wi := range m.wins {
		for _, buf := range bufs[wi] {
			m.look(wi, buf.rows, true)
		}
	}
	m.leave(len(m.rows) - 1)
	return m.out
}

func (m *model) group(w Window, r int) any {
	if len(w.Partition) == 0 {
		return 0
	}
	return m.rows[r][0]
}

// leave lets rows go in the order of arrival of their partitions.
func (m *model) leave(upto int) {
	for again := true; again; {
		again = false
		for r := 0; r <= upto; r++ {
			ok := !m.left[r]
			for wi, w := range m.wins {
				for ci := range w.Calls {
					_, have := m.value[[3]int{wi, ci, r}]
					ok = ok && have
				}
				for s := range r {
					ok = ok && (m.left[s] || m.group(w, s) != m.group(w, r))
				}
			}
			if ok {
				m.left[r], again = true, true
				m.out = append(m.out, r)
				break
			}
		}
	}
}

// less orders by the first key of a window, stable.
func (m *model) sorted(w Window, rows []int) []int {
	list := slices.Clone(rows)
	if len(w.Order) == 0 {
		return list
	}
	slices.SortStableFunc(list, func(i, j int) int { return m.compare(w, i, j) })
	return list
}

func (m *model) compare(w Window, i, j int) int {
	if len(w.Order) == 0 {
		return 0
	}
	k := w.Order[0]
	a, b := m.rows[i][1], m.rows[j][1]
	switch {
	case a == nil && b == nil:
		return 0
	case a == nil || b == nil:
		if (a == nil) == k.NullsFirst {
			return -1
		}
		return 1
	}
	if k.Desc {
		return b.(int) - a.(int)
	}
	return a.(int) - b.(int)
}

// look gives every call its value in the rows of a buffer that need not wait.
func (m *model) look(wi int, buf []int, letGo bool) {
	w := m.wins[wi]
	list := m.sorted(w, buf)
	for ci := range w.Calls {
		for _, r := range buf {
			if _, have := m.value[[3]int{wi, ci, r}]; have {
				continue
			}
			at := slices.Index(list, r)
			full := r == buf[0] && len(buf) == int(w.Buffer)
			if letGo || full || m.enough(w, &w.Calls[ci], list, at) {
				m.value[[3]int{wi, ci, r}] = m.compute(w, &w.Calls[ci], list, at)
			}
		}
	}
}

func (m *model) enough(w Window, c *Call, list []int, at int) bool {
	f := c.Frame
	switch {
	case c.Kind == Lag || c.Kind == Lead:
		k := 1
		if len(c.Args) > 1 {
			k = int(c.Args[1].(*expr.Const).One.Int64At(0))
		}
		if c.Kind == Lag {
			k = -k
		}
		for _, r := range list[at+1:] {
			if !c.IgnoreNulls || m.rows[r][2] != nil {
				k--
			}
		}
		return k <= 0
	case c.Kind < FirstValue || f.End.Kind != Following:
		return true
	case !f.Range:
		return len(list)-1-at >= int(f.End.Rows)
	}
	if m.rows[list[at]][1] == nil {
		return true
	}
	return slices.IndexFunc(list, func(r int) bool { return m.behind(w, f.End, list[at], r, false) }) >= 0
}

// behind tells whether row r stands behind a bound of row of, or before it.
func (m *model) behind(w Window, b Bound, of, r int, before bool) bool {
	key, own := m.rows[r][1], m.rows[of][1]
	if key == nil || own == nil {
		return key != own && (m.compare(w, r, of) > 0) != before
	}
	d := int(b.Rows)
	if b.Kind == Preceding {
		d = -d
	}
	x, limit := key.(int), own.(int)+d
	if w.Order[0].Desc {
		x, limit = -x, -own.(int)+d
	}
	if before {
		return x < limit
	}
	return x > limit
}

func (m *model) in(w Window, f Frame, list []int, at, j int) bool {
	side := func(b Bound, start bool) bool {
		d := j - at
		c := m.compare(w, list[j], list[at])
		if !start {
			d, c = -d, -c
		}
		switch {
		case b.Kind == UnboundedPreceding || b.Kind == UnboundedFollowing:
			return true
		case b.Kind == CurrentRow && f.Range:
			return c >= 0
		case b.Kind == CurrentRow:
			return d >= 0
		case f.Range:
			return !m.behind(w, b, list[at], list[j], start)
		}
		k := int(b.Rows)
		if (b.Kind == Preceding) == start {
			k = -k
		}
		return d >= k
	}
	return side(f.Start, true) && side(f.End, false)
}

func (m *model) compute(w Window, c *Call, list []int, at int) any {
	value := func(j int) any {
		if j < 0 || j >= len(list) {
			return nil
		}
		return m.rows[list[j]][2]
	}
	rank, dense, upto := 1, 1, 0
	var frame []int
	for j := range list {
		if j < at && m.compare(w, list[j], list[at]) < 0 {
			rank = j + 2
		}
		if j > 0 && j <= at && m.compare(w, list[j-1], list[j]) != 0 {
			dense++
		}
		if m.compare(w, list[j], list[at]) <= 0 {
			upto = j + 1
		}
		if c.Kind >= FirstValue && m.in(w, c.Frame, list, at, j) && (!c.IgnoreNulls || value(j) != nil) {
			frame = append(frame, j)
		}
	}
	switch c.Kind {
	case RowNumber:
		return at + 1
	case Rank:
		return rank
	case DenseRank:
		return dense
	case PercentRank:
		if len(list) == 1 {
			return 0.0
		}
		return float64(rank-1) / float64(len(list)-1)
	case CumeDist:
		return float64(upto) / float64(len(list))
	case Ntile:
		return int(tile(int64(at), int64(len(list)), 3))
	case Lag, Lead:
		k := 1
		if len(c.Args) > 1 {
			k = int(c.Args[1].(*expr.Const).One.Int64At(0))
		}
		step := 1
		if (c.Kind == Lag) != (k < 0) {
			step = -1
		}
		j := at
		for k = max(k, -k); k > 0 && j >= 0 && j < len(list); {
			if j += step; !c.IgnoreNulls || value(j) != nil {
				k--
			}
		}
		return value(j)
	case FirstValue:
		if len(frame) > 0 {
			return value(frame[0])
		}
		return nil
	case LastValue:
		if len(frame) > 0 {
			return value(frame[len(frame)-1])
		}
		return nil
	case NthValue:
		if len(frame) > 1 {
			return value(frame[1])
		}
		return nil
	}
	var sum, least, most any
	n := 0
	var texts []any
	for _, j := range frame {
		v := value(j)
		if c.Filter != nil && (v == nil || v.(int)%2 != 0) {
			continue
		}
		texts = append(texts, v)
		if v == nil {
			continue
		}
		if n++; sum == nil {
			sum, least, most = 0, v, v
		}
		sum, least, most = sum.(int)+v.(int), min(least.(int), v.(int)), max(most.(int), v.(int))
	}
	switch c.Func {
	case "SUM":
		return sum
	case "MIN":
		return least
	case "MAX":
		return most
	case "COUNT":
		return n
	case "AVG":
		if n == 0 {
			return nil
		}
		return float64(sum.(int)) / float64(n)
	}
	if texts == nil { // ARRAY_AGG
		return nil
	}
	return texts
}
