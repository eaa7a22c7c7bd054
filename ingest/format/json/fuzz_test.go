package json

import (
	"bytes"
	"encoding/json"
	"math/big"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/valyala/fastjson"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/ingest"
)

var fuzzFields = []arrow.Field{
	col("i", vec.TypeInt64), col("f", vec.TypeFloat64), col("s", vec.TypeString), col("l", arrow.ListOf(vec.TypeString)),
	col("o", arrow.StructOf(col("i", vec.TypeInt64), col("s", vec.TypeString))), col("d", vec.DecimalType(38, 4)),
	col("t", vec.TypeTimestamp), col("m", arrow.MapOf(vec.TypeString, vec.TypeFloat64)),
}

// FuzzDecode compares with encoding/json: what is a record, and what its values are.
func FuzzDecode(f *testing.F) {
	for _, s := range []string{
		`{"i":1,"f":2.5,"s":"x\n","l":["a",1,null],"o":{"i":5,"s":"q"},"d":1.23456,"t":"2024-02-29T12:34:56.789Z","m":{"a":1,"a":2}}`,
		`{"s":{"a":[1 , 2]},"i":"12","I":3,"f":1e5,"x":[{}]}`, `{ "i" : 12345678901234567890 }`, `{"i":1.0e2,"i":7}`, `{"s":"0123456789abcdefg\u00e9"}`, `[]`, `{"f":0.1234567890123456789}`,
		`{"i":"bad","i":1}`, `{"o":{"i":[],"i":2}}`, `{"d":99999999999999999999999999999999999.99995}`, `{"l":[[[]]],"m":{"x":{}}}`, "{\"s\":\"\xff\"}",
	} {
		f.Add([]byte(s))
	}
	d, err := NewDecoder(nil, fuzzFields)
	if err != nil {
		f.Fatal(err)
	}
	pool := vec.NewPool(nil, true)
	f.Fuzz(func(t *testing.T, rec []byte) {
		sc := pool.Open()
		defer sc.Close()
		var cause error
		rows := ingest.Rows{Bad: func(_ int, _ string, c error) error {
			cause = c
			return nil
		}}
		for _, c := range fuzzFields {
			rows.Cols = append(rows.Cols, vec.NewBuilder(sc, c.Type, 0))
		}
		good := []byte(`{"i":7,"s":"good","l":["x"],"m":{"k":1}}`)
		if err := d.Decode([][]byte{good, exactly(string(rec)), good}, &rows); err != nil {
			t.Fatal(err)
		}
		var cols []*vec.Vec
		for _, b := range rows.Cols {
			cols = append(cols, b.Finish())
			if b.N != rows.N {
				t.Fatalf("%d rows in a column, %d in all", b.N, rows.N)
			}
		}
		if last := rows.N - 1; cols[0].Int64At(last) != 7 || cols[2].StringAt(last) != "good" || cols[0].Int64At(0) != 7 || cols[2].StringAt(0) != "good" {
			t.Fatalf("neighbours of %q were damaged", rec)
		}
		var want map[string]json.RawMessage
		err := json.Unmarshal(rec, &want)
		if cause == nil && (err != nil || want == nil || !utf8.Valid(rec)) {
			t.Fatalf("accepted %q", rec)
		}
		if err != nil || want == nil || !utf8.Valid(rec) || bytes.Contains(bytes.ToLower(rec), []byte(`\ud`)) {
			return
		}
		if _, err := fastjson.ParseBytes(rec); err != nil && cause == nil && !strings.Contains(err.Error(), "depth") {
			t.Fatalf("%q: fastjson: %v", rec, err)
		}
		fits := true
		for c, field := range fuzzFields[:4] {
			for name := range want {
				if name != field.Name && strings.EqualFold(name, field.Name) {
					return // which one counts is another test's
				}
			}
			raw := bytes.TrimSpace(want[field.Name])
			if len(raw) == 0 || string(raw) == "null" {
				if cause == nil && !cols[c].IsNull(1) {
					t.Fatalf("%s of %q is not NULL", field.Name, rec)
				}
				continue
			}
			number, ok := raw[0] == '-' || raw[0]-'0' <= 9, true // ok: the value fits its column
			switch {
			case c == 0 && number:
				r, is := new(big.Rat).SetString(string(raw))
				if len(raw) > 1000 || !is {
					return
				}
				if !r.IsInt() || !r.Num().IsInt64() {
					ok = false
				} else if cause == nil && cols[0].Int64At(1) != r.Num().Int64() {
					t.Fatalf("i of %q is %d", rec, cols[0].Int64At(1))
				}
			case c == 1 && number:
				x, err := strconv.ParseFloat(string(raw), 64)
				if err != nil {
					ok = false
				} else if cause == nil && vec.Values[float64](cols[1])[1] != x {
					t.Fatalf("f of %q is %v", rec, vec.Values[float64](cols[1])[1])
				}
			case c == 2:
				var s string
				if raw[0] == '"' {
					if err := json.Unmarshal(raw, &s); err != nil {
						t.Fatal(err)
					}
				} else {
					var buf bytes.Buffer
					if err := json.Compact(&buf, raw); err != nil {
						t.Fatal(err)
					}
					s = buf.String()
				}
				if cause == nil && cols[2].StringAt(1) != s {
					t.Fatalf("s of %q is %q, want %q", rec, cols[2].StringAt(1), s)
				}
			case c == 3 && raw[0] == '[':
				var l []json.RawMessage
				if err := json.Unmarshal(raw, &l); err != nil {
					t.Fatal(err)
				}
				if from, to := 0, 0; cause == nil {
					if from, to = cols[3].Range(1); to-from != len(l) {
						t.Fatalf("l of %q has %d elements", rec, to-from)
					}
				}
			default:
				ok = false
			}
			fits = fits && ok
			if cause == nil && !ok && raw[0] != '"' {
				t.Fatalf("%s of %q was accepted", field.Name, rec)
			}
		}
		plain := true
		for _, name := range []string{"o", "d", "t", "m"} {
			for key := range want {
				plain = plain && !strings.EqualFold(key, name)
			}
		}
		if cause != nil && fits && plain && !strings.Contains(cause.Error(), "nests deeper") {
			t.Fatalf("refused %q: %v", rec, cause)
		}
	})
}

// FuzzDocument reads any bytes as a file: it must end, lose no row, and find the
// same records whole or in pieces when nothing is wrong with them.
func FuzzDocument(f *testing.F) {
	for _, s := range []string{`[{"a":1},{"a":2}]`, "{\"a\":1}\n{\"s\":\"x\"}", `{"a":1}{`, `[{},1,"x",[[]],]`, `{"a":"}`, "]\n[,"} {
		f.Add(s, uint8(3))
	}
	f.Fuzz(func(t *testing.T, file string, piece uint8) {
		rows, errs, _ := stream(t, "document", file, len(file)+1, 1<<20)
		again, bad, _ := stream(t, "document", file, int(piece)+1, 2)
		if len(errs) == 0 && (len(bad) > 0 || strings.Join(rows, "\n") != strings.Join(again, "\n")) {
			t.Fatalf("%q: %q, in pieces %q %q", file, rows, again, bad)
		}
	})
}
