package json

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/stretchr/testify/require"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/ingest"
)

// blockFields have every way of reading a value, and a column that must not be NULL.
var blockFields = []arrow.Field{
	col("i", vec.TypeInt64), col("f", vec.TypeFloat64), col("s", vec.TypeString), col("t", vec.TypeTimestamp), col("d", vec.DecimalType(18, 4)),
	col("b", vec.TypeBool), col("l", arrow.ListOf(vec.TypeString)), col("o", arrow.StructOf(col("i", vec.TypeInt64))), col("a long name of a column", vec.TypeInt64),
	{Name: "n", Type: vec.TypeInt64}, col("thirteenbytes", vec.TypeInt64), col("é", vec.TypeString), col("h", vec.TypeInt32),
}

// one is what a decoder gives for a file or for its lines as payloads.
type one struct {
	rows, errs []string
	kept       []int32
	unknown    int64
}

// bothWays reads records in blocks and one by one. Lines that are alike are read many at
// once too, with the same result.
func bothWays(t testing.TB, want []arrow.Field, file string, lines, touched bool) (blocks, single one) {
	t.Helper()
	many := false
	declared := arrow.NewSchema(append([]arrow.Field{col("unread", vec.TypeInt64)}, blockFields...), nil)
	read := func(alone int) one {
		pool := vec.NewPool(nil, true)
		h := &harness{sc: pool.Open()}
		defer h.sc.Close()
		for _, f := range want {
			h.rows.Cols = append(h.rows.Cols, vec.NewBuilder(h.sc, f.Type, 0))
		}
		h.rows.Bad = func(record int, field string, cause error) error {
			h.errors = append(h.errors, fmt.Sprintf("%d %s: %v", record, field, cause))
			return nil
		}
		d, err := NewDecoder(declared, want)
		require.NoError(t, err)
		d.alone, d.lines, d.touched = alone, lines, touched
		if lines {
			var spans []ingest.Span
			l := &Lines{d: d}
			if many {
				l = newLines(d)
			}
			used, err := l.DecodeStream(exactly(file), true, 1<<20, &h.rows, &spans)
			require.NoError(t, err)
			require.Equal(t, len(file), used)
			for _, s := range spans {
				h.errors = append(h.errors, file[s.From:s.To]) // where records stand is compared too
			}
		} else {
			var recs [][]byte
			for _, r := range strings.Split(file, "\n") {
				recs = append(recs, exactly(r))
			}
			require.NoError(t, d.Decode(recs, &h.rows))
		}
		return one{h.lines(), h.errors, h.rows.Kept, h.rows.Unknown}
	}
	blocks, single = read(0), read(1<<40)
	if many = lines; many {
		require.Equal(t, single, read(0), "lines that are alike: %q", file)
	}
	return blocks, single
}

var wanted = [][]arrow.Field{blockFields, blockFields[1:3], {blockFields[9], blockFields[0]}, nil}

// same compares the two ways for all columns and some, payloads and lines, strict
// and touched.
func same(t testing.TB, file string) {
	t.Helper()
	for mode := range 16 {
		sameAs(t, file, mode)
	}
}

func sameAs(t testing.TB, file string, mode int) {
	t.Helper()
	want := wanted[mode>>2&3]
	blocks, single := bothWays(t, want, file, mode&1 != 0, mode&2 != 0)
	require.Equal(t, single, blocks, "%d columns, mode %d: %q", len(want), mode, file)
}

// members are the parts of records that the tests below are made of.
var members = []string{
	`"i":1`, `"i":12345678`, `"i":1234567890123456`, `"i":12345678901234567`, `"i":-5`, `"i":01`, `"i":1.0`, `"i":"7"`, `"i":1e2`, `"i":null`, `"i":x`, `"I":9`,
	`"f":1`, `"f":1.25`, `"f":1234567.12345678`, `"f":12345678.5`, `"f":0.1`, `"f":-0.5`, `"f":1e300`, `"f":1.`, `"f":1.5x`, `"f":9007199254740993`, `"f":.5`, `"f":null`, `"f":nul`, `"f":NaN`,
	`"s":""`, `"s":"a"`, `"s":"1234567"`, `"s":"12345678"`, `"s":"1234567890123456"`, `"s":"12345678901234567890123456789012345678901234567890"`, `"s":"é"`, `"s":"a\"b\u00e9"`, `"s":12`, `"s":{"x":[1, 2]}`,
	"\"s\":\"\xff\"", "\"s\":\"a\x01b\"", `"s":"a`, `"s":null`, `"s":"日本語の文字列"`,
	`"t":"2024-02-29T12:34:56.789Z"`, `"t":"2024-02-29"`, `"t":1700000000000`, `"t":"never"`, `"t":null`, `"t":"2024-02-30T12:34:56.789Z"`,
	`"d":1.5`, `"d":"1.23456"`, `"d":1e10`, `"d":123456789012345678`, `"b":true`, `"b":fals`, `"b":null`, `"l":["a",null,"b"]`, `"l":[`, `"l":null`, `"o":{"i":1,"j":{}}`, `"o":{"i":x}`, `"o":null`,
	`"a long name of a column":4`, `"a long name of a columm":4`, `"thirteenbytes":5`, `"thirteenbytes" : 6`, `"n":3`, `"n":null`, `"n":"3"`, `"é":"x"`, `"é":null`, `"h":5`, `"h":3000000000`,
	`"unread":1`, `"unread":0`, `"unread":0.5`, `"unread":00`, `"unread":"text"`, `"unread":"a longer text than a word or two"`, `"unread":"é"`, "\"unread\":\"\xc3\"", `"unread":"\n"`, `"unread":"\x"`, "\"unread\":\"\t\"",
	`"unread":[1,{"a":"b"}]`, `"unread":[1,}`, `"unread":-1.5e3`, `"unread":1.5.2`, `"unread":true`, `"unread":12345678.9`, `"unread":1234567890123`, `"unread":5.`,
	`"x":1`, `"y":"z"`, `"x\u0020":1`, "\"\xff\":1", `"ß":{}`, ``, `"x"`, `"x":`, `:1`, `"n" : 3`, "\"n\"\t:\r3", "\"\":\"\"",
}

// TestBlocksGiveWhatSingleRecordsDo: reading in blocks is an optimisation only.
func TestBlocksGiveWhatSingleRecordsDo(t *testing.T) {
	good := `{"n":1,"i":2,"f":3.5,"s":"text","t":"2024-02-29T12:34:56.789Z","d":1.5,"unread":"x"}`
	few := strings.Repeat(good+"\n", 5) // so that every record meets a block
	for _, form := range []string{"{%}", `{"n":1,%}`, `{"n":1,%,"i":3}`, `{"s":"x", % ,"n":7 }`, `{"i":1,"i":2,%,"n":1}  `} {
		var file strings.Builder
		for _, m := range members {
			file.WriteString(few + strings.Replace(form, "%", m, 1) + "\n")
		}
		same(t, file.String())
	}
	for _, file := range []string{"", "\n", "{}", "{ }", good, good + "\n", good + "\r\n" + good + "\r\n", good + " \n" + good, good + "x\n" + good, "{}\n{}\n", "[]\n" + good, good + good, " " + good, good + "\n\n" + good + "\n", `{"n":1`, `{"n":1}}` + "\n" + good} {
		same(t, file)
	}
	r := rand.New(rand.NewPCG(3, 4))
	for range 60 {
		var file strings.Builder
		for range 1 + r.IntN(30) {
			file.WriteString(`{"n":4`)
			for range r.IntN(9) {
				file.WriteString("," + members[r.IntN(len(members))])
			}
			file.WriteString([]string{"}", "}", "}", " }", "} ", "}\r", "", "}x"}[r.IntN(8)] + "\n")
		}
		same(t, file.String())
	}
	same(t, strings.Repeat(good+"\n", 3*blockBytes/len(good))) // several blocks
	same(t, strings.Repeat(`{"n":1,"s":"`+strings.Repeat("a long text ", 3000)+"\"}\n", 5))
}

// TestNoRecordSpansLines: a newline ends a record of a file wherever it stands, also
// inside of a value where JSON alone would allow it.
func TestNoRecordSpansLines(t *testing.T) {
	good := `{"n":1,"i":2,"s":"text","unread":"x"}` + "\n"
	few := strings.Repeat(good, 5)
	for _, m := range []string{
		"\"unread\":[1,\n2]", "\"unread\":{\"a\"\n:1}", "\"x\":{\n}", "\"l\":[\"a\",\n\"b\"]", "\"o\":{\n\"i\":1}", "\"s\":{\"x\":\n[1, 2]}",
		"\"unread\"\n:1", "\"unread\":\n1", "\"x\" \n:1", "\"x\" :\n1", "\"i\"\n:3", "\"i\":3\n", "\n\"i\":3", "\"s\":[\r\n1]",
	} {
		for _, form := range []string{`{"n":1,%}`, `{%,"n":1}`, `{"n":1,%,"h":2}`} {
			file := few + strings.Replace(form, "%", m, 1) + "\n" + few
			same(t, file)
			rows, _ := bothWays(t, blockFields[9:10], file, true, false)
			require.Len(t, rows.kept, 10, "%q", m)
		}
	}
}

// FuzzBlocks compares blocks with single records over any bytes.
func FuzzBlocks(f *testing.F) {
	for i, m := range members {
		f.Add([]byte(`{"n":1,"i":2,`+m+"}\n{\"n\":1,\"i\":2,\"s\":\"x\"}\n"), uint8(i))
	}
	f.Fuzz(func(t *testing.T, file []byte, mode uint8) {
		s := string(bytes.ReplaceAll(file, []byte("\r\n"), []byte("\n")))
		sameAs(t, s+"\n"+s, int(mode))
	})
}
