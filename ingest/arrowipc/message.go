package arrowipc

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/velostream/velo/ingest"
)

// block is where a message stands in a file: its metadata, and its body behind that.
type block struct {
	at, meta, body int64
}

// footer is what the end of a file tells.
type footer struct {
	fields        []table // of the schema
	dicts, groups []block
	foreign       bool // see errForeign
}

// spot is where a buffer stands in a body; node is the head of an array.
type (
	spot struct{ at, n int64 }
	node struct{ rows, nulls int64 }
)

// message is the metadata of a record batch or of a dictionary.
type message struct {
	dict    int64 // the id of a dictionary
	rows    int64
	nodes   []node
	buffers []spot
	foreign bool  // see errForeign
	ratio   int64 // bytes at most that a byte of a body can be unpacked to; 0: it is not compressed
}

// errForeign is that of what Arrow's own reader reads: compressed bodies, dictionaries
// that grow, old versions, big-endian values.
var errForeign = errors.New("not to be read in place")

const (
	trailer     = 10 // bytes: the size of the footer, and ARROW1
	version4    = 3
	isDict      = 2
	isRecords   = 3
	continued   = 0xFFFFFFFF // in front of the size of metadata, since version 0.15
	longestMeta = 1 << 28    // bytes
)

// readFooter reads the end of a file.
func readFooter(f ingest.MappedFile) (ft footer, err error) {
	defer broken(&err)
	size := f.Size()
	if size < int64(2*len(magic)+trailer) {
		return ft, errors.New("the file is cut")
	}
	tail, err := copied(f, size-trailer, trailer)
	if err != nil {
		return ft, err
	}
	n := int64(order.Uint32(tail))
	if !bytes.Equal(tail[4:], magic) || n > size-trailer-int64(len(magic)) {
		return ft, errors.New("the file has no readable footer; it is cut or was never closed")
	}
	buf, err := copied(f, size-trailer-n, n)
	if err != nil {
		return ft, err
	}
	t := rootTable(buf)
	ft.foreign = t.uint16(0) < version4
	schema, _ := t.table(1)
	ft.foreign = ft.foreign || schema.uint16(0) != 0 // big-endian, which Arrow's own reader turns round
	ft.fields = schema.tables(1)
	schema.vector(2, 4)
	t.vector(4, 4)
	left := len(buf) / 4
	if err := shallow(ft.fields, 0, &left); err != nil {
		return ft, err
	}
	for field, list := range map[int]*[]block{2: &ft.dicts, 3: &ft.groups} {
		elems, n := t.vector(field, 24)
		for i := range n {
			e := elems[24*i:]
			b := block{int64(order.Uint64(e)), int64(int32(order.Uint32(e[8:]))), int64(order.Uint64(e[16:]))}
			if b.at < 0 || b.meta < 8 || b.meta > longestMeta || b.body < 0 || b.at > size || b.body > size || b.at+b.meta+b.body > size {
				return ft, fmt.Errorf("a message is said to have %d and %d bytes at byte %d, and the file has %d", b.meta, b.body, b.at, size)
			}
			*list = append(*list, b)
		}
	}
	return ft, nil
}

// shallow walks the columns, whose children and notes Arrow's own reader counts on. left is
// how many there can be: where columns share their children, few bytes tell of any number.
func shallow(fields []table, depth int, left *int) error {
	if *left -= len(fields); depth > 64 || *left < 0 {
		return errors.New("the columns are nested too deeply")
	}
	for _, f := range fields {
		f.vector(6, 4)
		if err := shallow(f.tables(5), depth+1, left); err != nil {
			return err
		}
	}
	return nil
}

// copied gives bytes of a file that nobody can change any more.
func copied(f ingest.MappedFile, at, n int64) ([]byte, error) {
	w, err := f.Window(at, int(n))
	if err != nil {
		return nil, err
	}
	defer w.Close()
	return bytes.Clone(w.Bytes()), nil
}

// readMessage reads the metadata of a message of a kind.
func readMessage(buf []byte, kind uint8) (m message, err error) {
	defer broken(&err)
	buf = bytes.Clone(buf)
	n := order.Uint32(buf)
	if n == continued {
		n, buf = order.Uint32(buf[4:]), buf[4:]
	}
	t := rootTable(buf[4 : 4+int(n)])
	m.foreign = t.uint16(0) < version4
	if t.uint8(1) != kind {
		return m, fmt.Errorf("the message is of kind %d and not %d", t.uint8(1), kind)
	}
	data, ok := t.table(2)
	if kind == isDict && ok {
		m.dict = data.int64(0)
		m.foreign = m.foreign || data.uint8(2) != 0
		data, ok = data.table(1)
	}
	if !ok {
		return m, errors.New("the message has no content")
	}
	m.foreign = m.foreign || data.place(3) != 0 || data.place(4) != 0
	if packed, ok := data.table(3); ok {
		if m.ratio = lz4Ratio; packed.uint8(0) != 0 {
			m.ratio = zstdRatio
		}
	}
	m.rows = data.int64(0)
	nodes, n1 := data.vector(1, 16)
	for i := range n1 {
		m.nodes = append(m.nodes, node{int64(order.Uint64(nodes[16*i:])), int64(order.Uint64(nodes[16*i+8:]))})
	}
	buffers, n2 := data.vector(2, 16)
	for i := range n2 {
		m.buffers = append(m.buffers, spot{int64(order.Uint64(buffers[16*i:])), int64(order.Uint64(buffers[16*i+8:]))})
	}
	return m, nil
}

// broken makes an error of a panic over metadata that lead nowhere. A fault is not
// theirs.
func broken(err *error) {
	p := recover()
	if p == nil {
		return
	}
	if _, fault := p.(interface{ Addr() uintptr }); fault {
		panic(p)
	}
	*err = fmt.Errorf("the Arrow data are corrupt: %v", p)
}
