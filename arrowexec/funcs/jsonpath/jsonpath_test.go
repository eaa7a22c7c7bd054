package jsonpath

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

// FuzzAgainstStandard holds the scanner against encoding/json: the same texts
// are valid, and compacting changes no value.
func FuzzAgainstStandard(f *testing.F) {
	for _, s := range []string{
		`{"a":[1,-0.5e+10,"x\u00e9\ud83d\ude00"],"a":{"b":null},"c":true}`, `[]`, ` {} `, `01`, `-`, `1.`, `1e`, `"\x"`, "\"\x01\"", `{"a"}`, `[1,]`, `{,}`,
		`nul`, `"\u12"`, `{"a":1,"\u0061":2}`, "\"\xff\"", ``, `[[[1]]`, `"\ud800"`, `{"k":"v"}x`, "\u00a01",
	} {
		f.Add([]byte(s))
	}
	deep, _ := Compile("$..a")
	wild, _ := Compile("$.*[0]")
	f.Fuzz(func(t *testing.T, b []byte) {
		valid := Valid(b)
		if bytes.Count(b, []byte{'['})+bytes.Count(b, []byte{'{'}) < MaxDepth {
			require.Equal(t, json.Valid(b), valid)
		}
		if !valid || !utf8.Valid(b) {
			return
		}
		c := Compact(nil, b)
		require.Equal(t, decode(t, b), decode(t, c))
		require.Equal(t, c, Compact(nil, c))
		var buf bytes.Buffer
		require.NoError(t, json.Compact(&buf, c))
		require.Equal(t, buf.Bytes(), append([]byte{}, c...))
		for _, p := range []*Path{deep, wild} {
			for _, v := range p.All(nil, b) {
				require.True(t, Valid(v))
			}
		}
		if c[0] == '"' {
			require.Equal(t, decode(t, c), string(Unquote(nil, c)))
		}
	})
}

func decode(t *testing.T, b []byte) (v any) {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	require.NoError(t, d.Decode(&v))
	return v
}

func TestDepthAndManyKeys(t *testing.T) {
	require.True(t, Valid([]byte(strings.Repeat("[", 1000)+strings.Repeat("]", 1000))))
	require.False(t, Valid([]byte(strings.Repeat("[", 1001)+strings.Repeat("]", 1001))))
	var sb strings.Builder
	sb.WriteString(`{"k0":0`)
	for i := range 60 {
		sb.WriteString(`,"k` + string(rune('0'+i%30)) + `":` + string(rune('0'+i%10)))
	}
	sb.WriteString("}")
	doc := []byte(sb.String())
	ms := Members(nil, doc)
	require.Len(t, ms, 30)
	require.Equal(t, decode(t, doc), decode(t, Compact(nil, doc)))
	require.Equal(t, `"k0"`, string(ms[0].Key))
}

func TestPaths(t *testing.T) {
	doc := []byte(`{"a":{"b":[10,{"c":"x"}],"x y":1,"a.b":2,"q'":3},"n":null,"a2":[[1,2],[3]]}`)
	for path, want := range map[string]string{
		"$.a.b[0]": "10", "$.a.b[1].c": `"x"`, "$.a.x y": "1", "$.a['a.b']": "2", `$["a"]["q'"]`: "3", `$.a['q\'']`: "3", "$.n": "null", "$.a.b[2]": "",
		"$.a.b.c": "", "$.zz": "", "$.a2[1][0]": "3", "$.n.x": "",
	} {
		p, err := Compile(path)
		require.NoError(t, err, path)
		require.False(t, p.Many())
		require.Equal(t, want, string(p.One(doc)), path)
	}
	for path, want := range map[string]string{
		"$.a2[*][0]": "1 3", "$..c": `"x"`, "$.a2..[0]": "[1,2] 1 3", "$..*": "", "$.a2.*": "[1,2] [3]", "$..['a.b']": "2",
	} {
		p, err := Compile(path)
		require.NoError(t, err, path)
		require.True(t, p.Many())
		got := bytes.Join(p.All(nil, doc), []byte{' '})
		if want != "" {
			require.Equal(t, want, string(got), path)
		} else {
			require.NotEmpty(t, got, path)
		}
	}
}
