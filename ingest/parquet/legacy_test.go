package parquet

import (
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/velostream/velo/arrowexec/vec"
)

// handmade writes a file of one row group by hand: a schema that our writer does
// not make, and INT32 leaves with their levels.
func handmade(t *testing.T, rows int, elements []element, leaves ...*leafOut) []byte {
	var buf bytes.Buffer
	x := &writer{w: &buf, codec: codecNone, elements: elements, leaves: leaves}
	require.NoError(t, x.put([]byte(magic)))
	g := groupOut{rows: int64(rows)}
	for _, l := range leaves {
		l.typ = pInt32
		require.NoError(t, x.chunk(l))
		g.chunks = append(g.chunks, l.meta)
	}
	x.groups, x.rows = []groupOut{g}, int64(rows)
	footer := x.footer()
	footer = binary.LittleEndian.AppendUint32(footer, uint32(len(footer)))
	require.NoError(t, x.put(append(footer, magic...)))
	return buf.Bytes()
}

// ints is a leaf whose values count up from 1.
func ints(most, repeats uint8, def, rep []uint8) *leafOut {
	pool := vec.NewPool(nil, false)
	b := vec.NewBuilder(pool.Open(), vec.TypeInt32, 8)
	l := &leafOut{most: most, repeats: repeats, def: def, rep: rep}
	for _, d := range def {
		if d == most {
			l.sel = append(l.sel, int32(b.N))
			b.Int32(int32(b.N + 1))
		}
	}
	l.vals = b.Finish()
	return l
}

func group(name string, repeat, children, converted int32) element {
	return element{typ: -1, name: name, repeat: repeat, children: children, converted: converted}
}

func leafOf(name string, repeat int32) element {
	return element{typ: pInt32, name: name, repeat: repeat, converted: cNone}
}

// TestOldLists reads lists and maps as older writers laid them out.
func TestOldLists(t *testing.T) {
	root := group("schema", required, 1, cNone)
	for _, c := range []struct {
		name     string
		elements []element
		leaves   []*leafOut
		want     []string
	}{
		{"a repeated field alone", []element{root, leafOf("x", repeated)}, []*leafOut{ints(1, 1, []uint8{1, 1, 0, 1}, []uint8{0, 1, 0, 0})},
			[]string{"x:[1,2]", "x:[]", "x:[3]"}},
		{"a repeated group alone", []element{root, group("g", repeated, 1, cNone), leafOf("a", optional)}, []*leafOut{ints(2, 1, []uint8{2, 1, 0}, []uint8{0, 1, 0})},
			[]string{`g:[{"a":1},{"a":null}]`, "g:[]"}},
		{"two levels", []element{root, group("l", optional, 1, cList), leafOf("element", repeated)}, []*leafOut{ints(2, 1, []uint8{2, 2, 1, 0}, []uint8{0, 1, 0, 0})},
			[]string{"l:[1,2]", "l:[]", "l:null"}},
		{"two levels named array, of groups", []element{root, group("l", optional, 1, cList), group("array", repeated, 1, cNone), leafOf("a", required)}, []*leafOut{ints(2, 1, []uint8{2, 2, 0}, []uint8{0, 1, 0})},
			[]string{`l:[{"a":1},{"a":2}]`, "l:null"}},
		{"two levels named after the list", []element{root, group("l", required, 1, cList), group("l_tuple", repeated, 1, cNone), leafOf("a", optional)}, []*leafOut{ints(2, 1, []uint8{2, 1}, []uint8{0, 1})},
			[]string{`l:[{"a":1},{"a":null}]`}},
		{"a map by its old name", []element{root, group("m", optional, 1, cMapKeyValue), group("map", repeated, 2, cNone), leafOf("k", required), leafOf("v", optional)},
			[]*leafOut{ints(2, 1, []uint8{2, 2, 1, 0}, []uint8{0, 1, 0, 0}), ints(3, 1, []uint8{3, 2, 1, 0}, []uint8{0, 1, 0, 0})},
			[]string{`m:{"1":1,"2":null}`, "m:{}", "m:null"}},
		{"groups in groups", []element{root, group("a", optional, 1, cNone), group("b", optional, 1, cNone), leafOf("c", optional)}, []*leafOut{ints(3, 0, []uint8{3, 2, 1, 0}, nil)},
			[]string{`a:{"b":{"c":1}}`, `a:{"b":{"c":null}}`, `a:{"b":null}`, "a:null"}},
	} {
		data := handmade(t, len(c.want), c.elements, c.leaves...)
		for _, batch := range []int{1, 2, 10} {
			require.Equal(t, c.want, read(t, data, nil, batch).rows, c.name)
		}
	}
}

func TestNullKey(t *testing.T) {
	elements := []element{group("schema", required, 1, cNone), group("m", required, 1, cMap), group("key_value", repeated, 2, cNone), leafOf("k", optional), leafOf("v", optional)}
	data := handmade(t, 3, elements, ints(2, 1, []uint8{2, 1, 0}, []uint8{0, 0, 0}), ints(2, 1, []uint8{2, 2, 0}, []uint8{0, 0, 0}))
	got := read(t, data, nil, 10)
	require.Equal(t, []string{`m:{"1":1}`, "m:{}"}, got.rows)
	require.Equal(t, []string{"1 m: a MAP has a NULL key"}, got.bad)
}

func TestShapesThatDoNotFit(t *testing.T) {
	elements := []element{group("schema", required, 1, cNone), group("s", optional, 2, cNone), group("l", optional, 1, cList), leafOf("element", repeated), leafOf("v", optional)}
	data := handmade(t, 2, elements, ints(3, 1, []uint8{3, 3}, []uint8{0, 0}), ints(2, 0, []uint8{2}, nil))
	_, err := tryRead(input(data), nil, 10)
	require.ErrorContains(t, err, "f.parquet: row group 0 has 2 rows, and 1 values in column")
}
