package parquet

// The parts of parquet.thrift that velo reads and writes.

// Physical types.
const (
	pBoolean = iota
	pInt32
	pInt64
	pInt96
	pFloat
	pDouble
	pByteArray
	pFixed
)

var physicalNames = []string{"BOOLEAN", "INT32", "INT64", "INT96", "FLOAT", "DOUBLE", "BYTE_ARRAY", "FIXED_LEN_BYTE_ARRAY"}

// Converted types, the older annotation.
const (
	cNone        = -1
	cUTF8        = 0
	cMap         = 1
	cMapKeyValue = 2
	cList        = 3
	cEnum        = 4
	cDecimal     = 5
	cDate        = 6
	cTimeMillis  = 7
	cTimeMicros  = 8
	cTimestampMs = 9
	cTimestampUs = 10
	cUint8       = 11
	cUint16      = 12
	cUint32      = 13
	cUint64      = 14
	cInt8        = 15
	cInt16       = 16
	cJSON        = 19
	cInterval    = 21
)

// Logical types, by their field in the union.
const (
	lNone      = 0
	lString    = 1
	lMap       = 2
	lList      = 3
	lEnum      = 4
	lDecimal   = 5
	lDate      = 6
	lTime      = 7
	lTimestamp = 8
	lInteger   = 10
	lUnknown   = 11
	lJSON      = 12
	lUUID      = 14
	lFloat16   = 15
)

// Repetition of a field.
const (
	required = iota
	optional
	repeated
)

// Encodings of values and levels.
const (
	encPlain           = 0
	encPlainDictionary = 2
	encRLE             = 3
	encBitPacked       = 4
	encDeltaBinary     = 5
	encDeltaLength     = 6
	encDeltaBytes      = 7
	encDictionary      = 8
	encSplit           = 9
)

// element is one node of the flattened schema tree.
type element struct {
	typ       int32 // physical, -1 for a group
	length    int32
	repeat    int32
	name      string
	children  int32
	converted int32
	scale     int32
	precision int32
	logical   int16
	unit      int16 // of a time: 1 ms, 2 µs, 3 ns
	bits      int8
	signed    bool
}

type columnMeta struct {
	typ        int32
	codec      int32
	values     int64
	compressed int64
	data       int64
	dict       int64 // 0: none
	path       []string
}

type rowGroup struct {
	columns []columnMeta
	rows    int64
}

type fileMeta struct {
	schema []element
	rows   int64
	groups []rowGroup
}

func readFileMeta(t *thrift) (m fileMeta) {
	t.fields(func(id int16, typ byte) {
		switch {
		case id == 2 && typ == tList:
			t.list(func(byte) { m.schema = append(m.schema, readElement(t)) })
		case id == 3 && typ == tI64:
			m.rows = t.int()
		case id == 4 && typ == tList:
			t.list(func(byte) { m.groups = append(m.groups, readGroup(t)) })
		default:
			t.skip(typ, 0)
		}
	})
	return m
}

func readElement(t *thrift) element {
	e := element{typ: -1, converted: cNone}
	t.fields(func(id int16, typ byte) {
		switch id {
		case 1:
			e.typ = t.i32()
		case 2:
			e.length = t.i32()
		case 3:
			e.repeat = t.i32()
		case 4:
			e.name = t.string()
		case 5:
			e.children = t.i32()
		case 6:
			e.converted = t.i32()
		case 7:
			e.scale = t.i32()
		case 8:
			e.precision = t.i32()
		case 10:
			readLogical(t, &e)
		default:
			t.skip(typ, 0)
		}
	})
	return e
}

func readLogical(t *thrift, e *element) {
	t.fields(func(id int16, typ byte) {
		e.logical = id
		if typ != tStruct {
			t.skip(typ, 0)
			return
		}
		t.fields(func(f int16, typ byte) {
			switch {
			case id == lDecimal && f == 1:
				e.scale = t.i32()
			case id == lDecimal && f == 2:
				e.precision = t.i32()
			case (id == lTime || id == lTimestamp) && f == 2 && typ == tStruct:
				t.fields(func(unit int16, typ byte) {
					e.unit = unit
					t.skip(typ, 0)
				})
			case id == lInteger && f == 1:
				e.bits = int8(t.byte())
			case id == lInteger && f == 2:
				e.signed = typ == tTrue
			default:
				t.skip(typ, 0)
			}
		})
	})
}

func readGroup(t *thrift) (g rowGroup) {
	t.fields(func(id int16, typ byte) {
		switch {
		case id == 1 && typ == tList:
			t.list(func(byte) { g.columns = append(g.columns, readChunk(t)) })
		case id == 3 && typ == tI64:
			g.rows = t.int()
		default:
			t.skip(typ, 0)
		}
	})
	return g
}

// readChunk reads a ColumnChunk with the metadata in it; without them typ is -1.
func readChunk(t *thrift) columnMeta {
	c := columnMeta{typ: -1}
	t.fields(func(id int16, typ byte) {
		if id != 3 || typ != tStruct {
			t.skip(typ, 0)
			return
		}
		t.fields(func(id int16, typ byte) {
			switch id {
			case 1:
				c.typ = t.i32()
			case 3:
				t.list(func(byte) { c.path = append(c.path, t.string()) })
			case 4:
				c.codec = t.i32()
			case 5:
				c.values = t.int()
			case 7:
				c.compressed = t.int()
			case 9:
				c.data = t.int()
			case 11:
				c.dict = t.int()
			default:
				t.skip(typ, 0)
			}
		})
	})
	return c
}

// Kinds of pages.
const (
	pageData = iota
	pageIndex
	pageDictionary
	pageDataV2
)

type pageHeader struct {
	kind         int32
	size         int32 // unpacked
	packed       int32
	crc          int32
	hasCRC       bool
	values       int32
	encoding     int32
	defEncoding  int32
	repEncoding  int32
	defBytes     int32 // V2
	repBytes     int32
	uncompressed bool // V2
}

func readPageHeader(t *thrift) pageHeader {
	h := pageHeader{kind: -1}
	t.fields(func(id int16, typ byte) {
		switch {
		case id == 1:
			h.kind = t.i32()
		case id == 2:
			h.size = t.i32()
		case id == 3:
			h.packed = t.i32()
		case id == 4:
			h.crc, h.hasCRC = t.i32(), true
		case (id == 5 || id == 7) && typ == tStruct: // data, dictionary
			t.fields(func(f int16, typ byte) {
				switch f {
				case 1:
					h.values = t.i32()
				case 2:
					h.encoding = t.i32()
				case 3:
					if typ == tTrue || typ == tFalse { // of a dictionary: is_sorted
						return
					}
					h.defEncoding = t.i32()
				case 4:
					h.repEncoding = t.i32()
				default:
					t.skip(typ, 0)
				}
			})
		case id == 8 && typ == tStruct:
			t.fields(func(f int16, typ byte) {
				switch f {
				case 1:
					h.values = t.i32()
				case 4:
					h.encoding = t.i32()
				case 5:
					h.defBytes = t.i32()
				case 6:
					h.repBytes = t.i32()
				case 7:
					h.uncompressed = typ == tFalse
				default:
					t.skip(typ, 0)
				}
			})
		default:
			t.skip(typ, 0)
		}
	})
	return h
}
