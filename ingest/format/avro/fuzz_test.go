package avro

import (
	"encoding/base64"
	"fmt"
	"math"
	"math/rand/v2"
	"sort"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	lib "github.com/twmb/avro"
	"github.com/velostream/velo/arrowexec/text"
)

// big has every kind of type without logical types, whose ranges are ours.
const big = `{"type":"record","name":"Big","namespace":"x.y","fields":[
 {"name":"b","type":"boolean"},{"name":"i","type":"int"},{"name":"l","type":["null","long"]},{"name":"f","type":"float"},{"name":"d","type":["double","null"]},
 {"name":"y","type":"bytes"},{"name":"s","type":["null","string"]},{"name":"e","type":{"type":"enum","name":"E","symbols":["A","B","C"]}},
 {"name":"x","type":{"type":"fixed","name":"F","size":3}},{"name":"a","type":{"type":"array","items":["null","string"]}},
 {"name":"m","type":{"type":"map","values":"long"}},{"name":"u","type":["null","int","string","E"]},
 {"name":"r","type":{"type":"record","name":"In","fields":[{"name":"p","type":"E"},{"name":"q","type":{"type":"array","items":{"type":"map","values":["null","F"]}}}]}},
 {"name":"z","type":["null","In"]}]}`

// randomValue makes a value of big for the library, from a seed.
func randomValue(seed uint64) map[string]any {
	r := rand.New(rand.NewPCG(seed, 7))
	texts := []string{"", "x", "é", "longer than sixteen bytes", "\x00"}
	str := func() string { return texts[r.IntN(len(texts))] }
	maybe := func(name string, v any) any {
		if r.IntN(3) == 0 {
			return nil
		}
		return map[string]any{name: v}
	}
	fixed := func() []byte { return []byte{byte(r.Uint32()), 0, 0xFF} }
	in := func() map[string]any {
		var list []any
		for range r.IntN(3) {
			m := map[string]any{}
			for range r.IntN(3) {
				m[str()] = maybe("x.y.F", fixed())
			}
			list = append(list, m)
		}
		if list == nil {
			list = []any{}
		}
		return map[string]any{"p": []string{"A", "B", "C"}[r.IntN(3)], "q": list}
	}
	list, m := []any{}, map[string]any{}
	for range r.IntN(4) {
		list = append(list, maybe("string", str()))
		m[str()] = int64(r.Uint64())
	}
	var u any
	switch r.IntN(4) {
	case 0:
		u = map[string]any{"int": int32(r.Uint32())}
	case 1:
		u = map[string]any{"string": str()}
	case 2:
		u = map[string]any{"x.y.E": "C"}
	}
	return map[string]any{"b": r.IntN(2) == 0, "i": int32(r.Uint32()), "l": maybe("long", int64(r.Uint64()>>r.IntN(64))), "f": float32(r.NormFloat64()),
		"d": maybe("double", r.NormFloat64()), "y": []byte(str()), "s": maybe("string", str()), "e": "B", "x": fixed(), "a": list, "m": m, "u": u, "r": in(), "z": maybe("x.y.In", in())}
}

// shown writes a value that the library decoded, with tagged unions, as our
// columns are written: nodes in the order of the schema, maps sorted by key.
func shown(n *node, v any) string {
	switch n.kind {
	case kUnion:
		one, single := n.only()
		if v == nil {
			return "null"
		}
		m := v.(map[string]any)
		if single {
			return shown(one, m[one.branch()])
		}
		var parts []string
		for i, b := range n.branches {
			if b.kind == kNull {
				continue
			}
			s := "null"
			if x, ok := m[b.branch()]; ok {
				s = shown(b, x)
			}
			parts = append(parts, strconv.Quote(n.member(i))+":"+s)
		}
		return "{" + strings.Join(parts, ",") + "}"
	case kRecord:
		var parts []string
		for _, f := range n.fields {
			parts = append(parts, strconv.Quote(f.name)+":"+shown(f.node, v.(map[string]any)[f.name]))
		}
		return "{" + strings.Join(parts, ",") + "}"
	case kArray:
		var parts []string
		for _, x := range v.([]any) {
			parts = append(parts, shown(n.items, x))
		}
		return "[" + strings.Join(parts, ",") + "]"
	case kMap:
		var parts []string
		for k, x := range v.(map[string]any) {
			parts = append(parts, string(text.AppendJSONString(nil, []byte(k)))+":"+shown(n.items, x))
		}
		sort.Strings(parts)
		return "{" + strings.Join(parts, ",") + "}"
	case kFloat:
		x := v.(float32)
		if math.IsNaN(float64(x)) || math.IsInf(float64(x), 0) {
			return strconv.Quote(string(text.AppendFloat32(nil, x)))
		}
		return string(text.AppendFloat32(nil, x))
	case kDouble:
		x := v.(float64)
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return strconv.Quote(string(text.AppendFloat64(nil, x)))
		}
		return string(text.AppendFloat64(nil, x))
	case kBytes, kFixed:
		return `"` + base64.StdEncoding.EncodeToString(v.([]byte)) + `"`
	case kString, kEnum:
		return string(text.AppendJSONString(nil, []byte(v.(string))))
	}
	return fmt.Sprint(v)
}

// FuzzDecode reads arbitrary bytes beside the library. It accepts less than the
// library does, never another value: booleans other than 0 and 1, texts that
// are not UTF-8, blocks that are not as long as they say and bytes behind the record
// are errors here.
func FuzzDecode(f *testing.F) {
	s := lib.MustParse(big)
	n, err := parseSchema(big)
	require.NoError(f, err)
	for seed := range uint64(50) {
		b, err := s.Encode(randomValue(seed), lib.TaggedUnions())
		require.NoError(f, err)
		f.Add(b)
		f.Add(b[:len(b)/2])
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		rows, bad := decoded(t, big, nil, nil, in)
		var v any
		rest, err := s.Decode(in, &v, lib.TaggedUnions())
		if err != nil {
			require.Empty(t, rows, "the library says: %v", err)
			return
		}
		if len(bad) > 0 {
			ok := len(rest) > 0
			for _, w := range []string{errBoolean.Error(), errUTF8.Error(), errEmpty.Error(), errLength.Error(), errBlock.Error()} {
				ok = ok || strings.Contains(bad[0], w)
			}
			require.True(t, ok, "%v, and the library reads %v", bad, v)
			return
		}
		var want []string
		for _, f := range n.fields {
			want = append(want, shown(f.node, v.(map[string]any)[f.name]))
		}
		require.Equal(t, sortMaps(want), sortMaps([]string{rows[0]}))
	})
}

// sortMaps makes texts comparable whose maps stand in different orders: the
// sorted bytes of all.
func sortMaps(parts []string) string {
	b := []byte(strings.ReplaceAll(strings.Join(parts, ""), " ", ""))
	sort.Slice(b, func(i, j int) bool { return b[i] < b[j] })
	return string(b)
}

// TestAgainstLibrary reads what the library writes, whole and column by column.
func TestAgainstLibrary(t *testing.T) {
	s := lib.MustParse(big)
	n, err := parseSchema(big)
	require.NoError(t, err)
	for seed := range uint64(2000) {
		v := randomValue(seed)
		b, err := s.Encode(v, lib.TaggedUnions())
		require.NoError(t, err)
		rows, bad := decoded(t, big, nil, nil, b)
		require.Empty(t, bad)
		var got []string
		for _, c := range columnsOf(n) {
			one, bad := decoded(t, big, nil, columnsOf(n)[indexOf(n, c.Name):indexOf(n, c.Name)+1], b)
			require.Empty(t, bad)
			got = append(got, one[0])
			f := n.fields[indexOf(n, c.Name)]
			require.Equal(t, sortMaps([]string{shown(f.node, v[c.Name])}), sortMaps(one), "seed %d column %s", seed, c.Name)
		}
		require.Equal(t, strings.Join(got, " "), rows[0])
	}
}

func indexOf(n *node, name string) int {
	return find(n.fields, name, func(f field) string { return f.name })
}
