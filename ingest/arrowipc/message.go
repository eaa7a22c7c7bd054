package arrowipc

import (
	"bytes"
	"errors"
	"fmt"
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

	// longestStreamed is how many bytes a buffer of a stream may be said to have, whose size
	// nobody knows: memory that is not there ends the process, and pages that nothing was
	// read to take none.
	longestStreamed = 1 << 36
)

// readFooter reads the end of a file.
func readFooter(f readable) (ft footer, err error) {
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

// copied gives bytes of a file that nobody can change any more. They are read: to map a
// page takes as long as to read some ten thousand bytes.
func copied(f readable, at, n int64) ([]byte, error) {
	if at < 0 || n < 0 || n > f.Size()-at {
		return nil, fmt.Errorf("%d bytes at byte %d are outside of the file of %d", n, at, f.Size())
	}
	b := make([]byte, n)
	if k, err := f.ReadAt(b, at); k < len(b) {
		return nil, fmt.Errorf("reading at byte %d: %w", at, err)
	}
	return b, nil
}

// readMessage reads the metadata of a message of a kind, of bytes that nobody changes.
func readMessage(buf []byte, kind uint8) (m message, err error) {
	defer broken(&err)
	data, err := m.open(buf, kind)
	if err != nil {
		return m, err
	}
	if packed, ok := data.table(3); ok {
		if m.ratio = lz4Ratio; packed.uint8(0) != 0 {
			m.ratio = zstdRatio
		}
	}
	nodes, n1 := data.vector(1, 16)
	m.nodes = make([]node, n1)
	for i := range n1 {
		m.nodes[i] = node{int64(order.Uint64(nodes[16*i:])), int64(order.Uint64(nodes[16*i+8:]))}
	}
	buffers, n2 := data.vector(2, 16)
	m.buffers = make([]spot, n2)
	for i := range n2 {
		m.buffers[i] = spot{int64(order.Uint64(buffers[16*i:])), int64(order.Uint64(buffers[16*i+8:]))}
	}
	return m, nil
}

// rowsOf gives the rows of a record batch that can be read in place, by its metadata.
func rowsOf(buf []byte) (rows int64, err error) {
	defer broken(&err)
	var m message
	if _, err := m.open(buf, isRecords); err != nil {
		return 0, err
	}
	if m.foreign || m.rows < 0 || m.rows > most {
		return 0, errForeign
	}
	return m.rows, nil
}

// open goes to the content of a message of a kind.
func (m *message) open(buf []byte, kind uint8) (data table, err error) {
	n := order.Uint32(buf)
	if n == continued {
		n, buf = order.Uint32(buf[4:]), buf[4:]
	}
	t := rootTable(buf[4 : 4+int(n)])
	m.foreign = t.uint16(0) < version4
	if t.uint8(1) != kind {
		return data, fmt.Errorf("the message is of kind %d and not %d", t.uint8(1), kind)
	}
	data, ok := t.table(2)
	if kind == isDict && ok {
		m.dict = data.int64(0)
		m.foreign = m.foreign || data.uint8(2) != 0
		data, ok = data.table(1)
	}
	if !ok {
		return data, errors.New("the message has no content")
	}
	m.foreign = m.foreign || data.place(3) != 0 || data.place(4) != 0
	m.rows = data.int64(0)
	return data, nil
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
