package json

import (
	"fmt"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/stretchr/testify/require"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/ingest"
)

// stream reads a file in pieces and gives rows, errors and records with lines.
func stream(t testing.TB, layout, file string, piece, want int) (rows, errs, records []string) {
	t.Helper()
	cols := []arrow.Field{col("a", vec.TypeInt64), col("s", vec.TypeString)}
	h := newHarness(t, cols)
	d, err := Format().NewStream(ingest.PropsOf(map[string]string{KeyLayout: layout}), nil, cols)
	require.NoError(t, err)
	from, to, line := 0, 0, 0
	for idle := 0; idle < 3; {
		to = min(max(to, from)+piece, len(file))
		var spans []ingest.Span
		h.rows.Kept = h.rows.Kept[:0]
		n := h.rows.N
		used, err := d.DecodeStream(exactly(file[from:to]), to == len(file), want, &h.rows, &spans)
		require.NoError(t, err)
		require.LessOrEqual(t, used, to-from)
		require.LessOrEqual(t, len(spans), want)
		require.Len(t, h.rows.Kept, h.rows.N-n)
		for i, s := range spans {
			rec := file[from+int(s.From) : from+int(s.To)]
			records = append(records, fmt.Sprintf("%d %s", int(s.Line)+line, rec))
			require.Equal(t, 1+strings.Count(file[:from+int(s.From)], "\n"), int(s.Line)+line)
			for _, k := range h.rows.Kept {
				if int(k) == i {
					require.Equal(t, byte('{'), strings.TrimSpace(rec)[0])
				}
			}
		}
		line += strings.Count(file[from:from+used], "\n")
		if from += used; from == len(file) && len(spans) == 0 {
			idle++
		}
	}
	for _, e := range h.errors {
		errs = append(errs, e[strings.Index(e, " ")+1:])
	}
	return h.lines(), errs, records
}

func TestFiles(t *testing.T) {
	for _, c := range []struct {
		layout, file  string
		rows, errs    []string
		records       []string
		onlyWholeFile bool
	}{
		{layout: "lines", file: ""},
		{layout: "lines", file: "\n\r\n \n"},
		{layout: "lines", file: "{\"a\":1}\n\n{\"a\":2,\"s\":\"x\"}\r\n  {\"s\":\"y\"}  ", rows: []string{`1|null`, `2|"x"`, `null|"y"`}, records: []string{`1 {"a":1}`, `3 {"a":2,"s":"x"}`, `4   {"s":"y"}  `}},
		{layout: "lines", file: "{\"a\":1}\n{\"a\":x}\n[]\n5\n{\"a\":2}\n{\"a\"", rows: []string{`1|null`, `2|null`}, errs: []string{"unexpected 'x'", "no JSON object", "no JSON object", "ends too early"}},
		{layout: "document", file: ""}, {layout: "document", file: " \n "}, {layout: "document", file: "[]"}, {layout: "document", file: " [ ] \n"},
		{layout: "document", file: "{\n \"a\": 1\n}", rows: []string{`1|null`}, records: []string{"1 {\n \"a\": 1\n}"}},
		{layout: "document", file: "[{\"a\":1},\n {\"a\":2 , \"s\":\"]},{\\\"\"}\n,{\"s\":{\"x\":[1]}}]\n", rows: []string{`1|null`, `2|"]},{\""`, `null|"{\"x\":[1]}"`}, records: []string{`1 {"a":1}`, `2 {"a":2 , "s":"]},{\""}`, `3 {"s":{"x":[1]}}`}},
		{layout: "document", file: "{\"a\":1}{\"a\":2}\n{\"a\":3} [{\"a\":4}]", rows: []string{`1|null`, `2|null`, `3|null`, `4|null`}},
		{layout: "document", file: `[{"a":1},{"a":tru},7,null,"x,{",[1],{"a":true},{"a":2}]`, rows: []string{`1|null`, `2|null`}, errs: []string{"unexpected '}'", "no JSON object", "no JSON object", "no JSON object", "no JSON object", "true does not fit"}},
		{layout: "document", file: `[{"a":1} {"a":2},{"a":3}]`, rows: []string{`1|null`, `3|null`}, errs: []string{"expected a comma"}},
		{layout: "document", file: `[{"a":1},]`, rows: []string{`1|null`}, errs: []string{"expected an object"}, onlyWholeFile: true},
		{layout: "document", file: `[{"a":1},{"a":2}`, rows: []string{`1|null`, `2|null`}, errs: []string{"the array is not closed"}},
		{layout: "document", file: `{"a":1},{"a":2}`, rows: []string{`1|null`, `2|null`}, errs: []string{"expected an object"}},
		{layout: "document", file: `{"a":1} {"a":2`, rows: []string{`1|null`}, errs: []string{"ends too early"}},
		{layout: "document", file: "{\"s\":\"no end\n}\n{\"a\":2}", rows: []string{`2|null`}, errs: []string{"control byte", "expected an object"}, onlyWholeFile: true},
		{layout: "document", file: "{\"s\":\"\xff\"}{\"a\":2}", rows: []string{`2|null`}, errs: []string{"UTF-8"}},
	} {
		for _, piece := range []int{1, 2, 7, 30, 1000} {
			for _, want := range []int{1, 2, 1000} {
				rows, errs, records := stream(t, c.layout, c.file, piece, want)
				if c.rows == nil {
					c.rows = []string{}
				}
				require.Equal(t, c.rows, rows, "%q by %d", c.file, piece)
				if c.onlyWholeFile && piece < len(c.file) {
					continue
				}
				require.Len(t, errs, len(c.errs), "%q: %q", c.file, errs)
				for i, e := range c.errs {
					require.Contains(t, errs[i], e, c.file)
				}
				if c.records != nil {
					require.Equal(t, c.records, records)
				}
			}
		}
	}
}

func TestBoundary(t *testing.T) {
	l, d := &Lines{}, &Document{}
	for from, want := range []int{0, 3, 3, 3, 4, -1, -1, -1} {
		at, ok := l.Boundary([]byte("ab\n\ncd"), from)
		require.Equal(t, want >= 0, ok, from)
		if ok {
			require.Equal(t, want, at, from)
		}
		_, ok = d.Boundary([]byte("ab\n\ncd"), from)
		require.Equal(t, from == 0, ok)
	}
}

func TestLineTooLong(t *testing.T) {
	long := `{"s":"` + strings.Repeat("x", MaxLine) + `"}`
	for _, piece := range []int{10 << 20, 1 << 30} {
		rows, errs, _ := stream(t, "lines", `{"a":1}`+"\n"+long+"\n"+`{"a":2}`+"\n", piece, 100)
		require.Equal(t, []string{`1|null`, `2|null`}, rows)
		require.Len(t, errs, 1)
		require.Contains(t, errs[0], "longer than 64 MiB")
	}
}

func TestUnknownFieldsAreCounted(t *testing.T) {
	for layout, file := range map[string]string{"lines": "{\"a\":1,\"b\":2}\n{\"b\":1,\"c\":[]}\n{\"b\":1,\"a\":[]}\n", "document": `[{"a":1,"b":2},{"b":1,"c":[]},{"b":1,"a":[]}]`} {
		cols := []arrow.Field{col("a", vec.TypeInt64)}
		h := newHarness(t, cols)
		d, err := Format().NewStream(ingest.PropsOf(map[string]string{KeyLayout: layout}), nil, cols)
		require.NoError(t, err)
		var spans []ingest.Span
		_, err = d.DecodeStream([]byte(file), true, 100, &h.rows, &spans)
		require.NoError(t, err)
		require.Equal(t, int64(3), h.rows.Unknown, layout)
		require.Len(t, h.errors, 1)
	}
}

func TestFormatRefusesBadKeys(t *testing.T) {
	_, err := Format().NewStream(ingest.PropsOf(map[string]string{KeyLayout: "x"}), nil, nil)
	require.ErrorContains(t, err, "lines, document")
	_, err = Format().NewEncoder(ingest.PropsOf(map[string]string{"json.decimal": "x"}), ingest.Output{})
	require.ErrorContains(t, err, "number, string")
}

func TestInference(t *testing.T) {
	for _, c := range []struct {
		records []string
		want    string
	}{
		{nil, ""}, {[]string{"x", "[]", "5", "{", `{"a":01}`, "{\"a\":\"\xff\"}", ""}, ""}, {[]string{"{}"}, "{}"},
		{[]string{`{"i":1,"f":1.5,"b":true,"s":"x","n":null}`}, "i int64, f float64, b bool, s utf8, n utf8"},
		{[]string{`{"a":1}`, `{"a":2.0}`, `{"a":null}`, `{}`}, "a float64"}, {[]string{`{"a":9223372036854775807}`}, "a int64"}, {[]string{`{"a":9223372036854775808}`}, "a float64"}, {[]string{`{"a":1e2}`}, "a float64"}, {[]string{`{"a":-0}`}, "a int64"},
		{[]string{`{"a":1}`, `{"a":"x"}`}, "a utf8"}, {[]string{`{"a":true}`, `{"a":1}`}, "a utf8"}, {[]string{`{"a":{"x":1}}`, `{"a":[1]}`}, "a utf8"}, {[]string{`{"a":null}`, `{"a":true}`}, "a bool"},
		{[]string{`{"a":{}}`}, "a utf8"}, {[]string{`{"a":[]}`}, "a list<item: utf8, nullable>"}, {[]string{`{"a":[1,2]}`, `{"a":[null,2.5]}`}, "a list<item: float64, nullable>"}, {[]string{`{"a":[1,"x",{}]}`}, "a list<item: utf8, nullable>"}, {[]string{`{"a":[[],[[true]]]}`}, "a list<item: list<item: list<item: bool, nullable>, nullable>, nullable>"},
		{[]string{`{"a":{"x":1,"y":{"z":"q"}}}`, `{"a":{"w":[],"x":1.5,"y":{}}}`}, "a struct<x: float64, y: struct<z: utf8>, w: list<item: utf8, nullable>>"},
		{[]string{`{"a":[{"x":1},{"y":null}]}`}, "a list<item: struct<x: int64, y: utf8>, nullable>"},
		{[]string{`{"b":1,"a":"x","a":2}`, ` {"A":true , "b" : 2} `}, "b int64, a int64, A bool"}, {[]string{`{"\u0061":1}`, `{"a":2}`}, "a int64"},
	} {
		f, err := Format().NewInferrer(ingest.Props{})
		require.NoError(t, err)
		for _, r := range c.records {
			f.Add([]byte(r))
		}
		s := f.Schema()
		if c.want == "" {
			require.Nil(t, s, c.records)
			continue
		}
		var got []string
		for _, field := range s.Fields() {
			require.True(t, field.Nullable)
			got = append(got, field.Name+" "+strings.ReplaceAll(field.Type.String(), ": struct", ": struct"))
		}
		if c.want == "{}" {
			require.Empty(t, got)
			continue
		}
		require.Equal(t, c.want, strings.Join(got, ", "), c.records)
		if len(s.Fields()) == 0 {
			continue
		}
		_, err = NewDecoder(s, s.Fields())
		require.NoError(t, err)
		h := decode(t, s.Fields(), s.Fields(), c.records...)
		require.Empty(t, h.errors, "what was inferred from must fit: %q", c.records)
	}
}
