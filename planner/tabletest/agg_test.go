package tabletest

import (
	"slices"
	"strconv"
	"strings"
)

// group is the list of its rows.
type group struct {
	keys  []value
	rows  []*row
	great int64 // greatest event time so far
	shown bool
}

func at(cols []column, r *row) func(string) value {
	return func(name string) value {
		for i, c := range cols {
			if c.name == name {
				return r.vals[i]
			}
		}
		panic("no column " + name)
	}
}

// eval gives the value of an item without an aggregate; false: it cannot be computed.
func (it item) eval(get func(string) value) (value, bool) {
	v := get(it.col)
	if it.cast && v != nil {
		if s, ok := v.(string); ok {
			n, err := strconv.ParseInt(s, 10, 64)
			if err != nil {
				return nil, false
			}
			v = n
		}
	}
	if n, ok := v.(int64); ok {
		v = n + it.plus
	}
	return v, true
}

// aggregate is the value of an item over the rows of a group.
func (it item) aggregate(cols []column, rows []*row) value {
	var vals []value
	count := int64(0)
	for _, r := range rows {
		get := at(cols, r)
		if it.filter != nil && !it.filter.takes(get) {
			continue
		}
		count++
		if it.agg == "COUNT*" {
			continue
		}
		v, _ := it.eval(get)
		keep := it.agg == "FIRST" || it.agg == "LAST" || it.agg == "ARRAY_AGG"
		if v == nil && !keep {
			continue
		}
		if it.dist && slices.ContainsFunc(vals, func(x value) bool { return text(x) == text(v) }) {
			continue
		}
		vals = append(vals, v)
	}
	switch it.agg {
	case "COUNT*":
		return count
	case "COUNT":
		return int64(len(vals))
	}
	if len(vals) == 0 {
		return nil
	}
	switch it.agg {
	case "SUM":
		s := int64(0)
		for _, v := range vals {
			s += v.(int64)
		}
		return s
	case "AVG":
		s := int64(0)
		for _, v := range vals {
			s += v.(int64)
		}
		return float64(s) / float64(len(vals))
	case "MIN":
		return slices.MinFunc(vals, compare)
	case "MAX":
		return slices.MaxFunc(vals, compare)
	case "MEDIAN":
		slices.SortFunc(vals, compare)
		n := len(vals)
		return (number(vals[(n-1)/2]) + number(vals[n/2])) / 2
	case "FIRST":
		return vals[0]
	case "LAST":
		return vals[len(vals)-1]
	case "ARRAY_AGG":
		return vals
	case "LISTAGG":
		var parts []string
		for _, v := range vals {
			parts = append(parts, v.(string))
		}
		return strings.Join(parts, ",")
	}
	panic("no aggregate " + it.agg)
}
