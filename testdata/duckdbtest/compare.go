package duckdbtest

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/duckdb/duckdb-go/v2"
)

// ordered reads the values of a JSON object in their order.
func ordered(line string) ([]any, error) {
	d := json.NewDecoder(strings.NewReader(line))
	d.UseNumber()
	if _, err := d.Token(); err != nil {
		return nil, err
	}
	var out []any
	for d.More() {
		if _, err := d.Token(); err != nil { // the name
			return nil, err
		}
		var v any
		if err := d.Decode(&v); err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

// alike compares rows of velo's JSON with rows of DuckDB as bags.
func alike(ours, theirs [][]any) bool {
	if len(ours) != len(theirs) {
		return false
	}
	used := make([]bool, len(theirs))
	for i, o := range ours {
		found := rowAlike(o, theirs[i]) && !used[i]
		if found {
			used[i] = true
		}
		for k := 0; !found && k < len(theirs); k++ {
			if !used[k] && rowAlike(o, theirs[k]) {
				used[k], found = true, true
			}
		}
		if !found {
			return false
		}
	}
	return true
}

func rowAlike(a, b []any) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !valueAlike(a[i], b[i]) {
			return false
		}
	}
	return true
}

// valueAlike compares a value of JSON with one of DuckDB's driver.
func valueAlike(a, b any) bool {
	if text, ok := a.(string); ok {
		switch b.(type) {
		case map[string]any, []any: // DuckDB's driver reads JSON
			d := json.NewDecoder(strings.NewReader(text))
			d.UseNumber()
			if d.Decode(&a) != nil {
				return false
			}
		}
	}
	switch b := b.(type) {
	case nil:
		return a == nil
	case string:
		return a == b
	case bool:
		return a == b
	case []byte:
		return a == base64.StdEncoding.EncodeToString(b)
	case time.Time:
		for _, f := range []string{"2006-01-02", "2006-01-02T15:04:05.000Z", "2006-01-02T15:04:05.000000Z", "15:04:05.000", "15:04:05.000000"} {
			if a == b.Format(f) {
				return true
			}
		}
		return false
	case duckdb.Interval:
		return a == interval(b)
	case []any:
		list, ok := a.([]any)
		return ok && rowAlike(list, b)
	case map[string]any:
		return objectAlike(a, b)
	case duckdb.OrderedMap:
		m := map[string]any{}
		keys, values := b.Keys(), b.Values()
		for i, k := range keys {
			m[fmt.Sprint(k)] = values[i]
		}
		return objectAlike(a, m)
	case duckdb.Decimal:
		return numberAlike(a, b.String())
	case *big.Int:
		return numberAlike(a, b.String())
	case float64:
		return floatAlike(a, b)
	case float32:
		return numberAlike(a, strconv.FormatFloat(float64(b), 'g', -1, 32))
	}
	if v := reflect.ValueOf(b); v.CanInt() || v.CanUint() {
		return numberAlike(a, fmt.Sprint(b))
	}
	return false
}

func objectAlike(a any, b map[string]any) bool {
	m, ok := a.(map[string]any)
	if !ok || len(m) != len(b) {
		return false
	}
	for k, v := range m {
		w, ok := b[k]
		if !ok || !valueAlike(v, w) {
			return false
		}
	}
	return true
}

func numberAlike(a any, b string) bool {
	n, ok := a.(json.Number)
	return ok && equal(strings.TrimPrefix(n.String(), "+"), b)
}

func floatAlike(a any, b float64) bool {
	switch {
	case math.IsNaN(b):
		return a == "NaN"
	case math.IsInf(b, 0):
		return a == map[bool]string{true: "Infinity", false: "-Infinity"}[b > 0]
	}
	return numberAlike(a, strconv.FormatFloat(b, 'g', -1, 64))
}

// interval is PostgreSQL's text of an interval.
func interval(v duckdb.Interval) string {
	var parts []string
	add := func(n int32, unit string) {
		if n != 0 {
			if n != 1 {
				unit += "s"
			}
			parts = append(parts, fmt.Sprintf("%d %s", n, unit))
		}
	}
	add(v.Months/12, "year")
	add(v.Months%12, "mon")
	add(v.Days, "day")
	if us := v.Micros; us != 0 || len(parts) == 0 {
		sign := ""
		if us < 0 {
			sign, us = "-", -us
		}
		s := fmt.Sprintf("%s%02d:%02d:%02d", sign, us/3_600_000_000, us/60_000_000%60, us/1_000_000%60)
		if f := us % 1_000_000; f != 0 {
			s += strings.TrimRight(fmt.Sprintf(".%06d", f), "0")
		}
		parts = append(parts, s)
	}
	return strings.Join(parts, " ")
}

func spelt(got [][]any) string {
	var b bytes.Buffer
	for _, row := range got {
		fmt.Fprintf(&b, "%v ", row)
	}
	return b.String()
}
